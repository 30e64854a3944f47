//! What people give as keys and signatures and is none: the message says what it is, and the command in it mends it.
//! Each input is made with the real tool or as it would, and the command is taken from the message and run.

use base64ct::{Base64, Encoding};

use super::*;

/// Runs the lines of `script` in `folder`; they must succeed.
pub fn sh(folder: &Folder, script: &str) -> String {
    done(folder, "sh", &["-ec", script])
}

/// The first command in what was said.
pub fn command(said: &str) -> &str {
    said.split('`').nth(1).unwrap_or_else(|| panic!("no command is in: {said}"))
}

/// Follows the messages about the key `file` until it is accepted, for `steps` commands. The first message says all of
/// `words`; `extra` stands for what people are asked or choose. The public key that comes of it.
fn mended(folder: &Folder, file: &str, steps: usize, words: &[&str], extra: &[(&str, &str)]) -> String {
    let mut file = file.to_owned();
    for step in 0..steps {
        let output = read(folder, &file);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{file}: {}{said}", stdout(&output));
        assert!(step > 0 || words.iter().all(|word| said.contains(word)), "{file}, {words:?}: {said}");
        let new = format!("{file}.new");
        let mut line = command(&said).replace("FILE", &file).replace("NEW", &new);
        for (from, to) in extra {
            line = line.replace(from, to);
        }
        sh(folder, &line);
        file = new;
    }
    let output = read(folder, &file);
    assert!(output.status.success(), "{file}: {}", stderr(&output));
    block(&stdout(&output))
}

/// The public key of the file, with an identity if it needs one.
fn read(folder: &Folder, file: &str) -> Output {
    let output = sarsen(folder, &format!("key public {file}"));
    if !stderr(&output).contains("[key-identity]") {
        return output;
    }
    sarsen(folder, &format!("key public {file} --identity {IDENTITY}"))
}

/// What stands between BEGIN and END, with both.
fn block(text: &str) -> String {
    text[text.find("-----BEGIN").unwrap()..].to_owned()
}

/// Whether OpenSSL, its SM2 and a POSIX shell with its tools are there.
pub fn tools() -> bool {
    has("openssl", &["genpkey", "-algorithm", "SM2"])
        && has("sh", &["-c", "base64 --version && iconv --version"])
}

/// A folder with an SM2 key pair of OpenSSL, and the public key.
fn pair(name: &str) -> (Folder, String) {
    let folder = Folder::new(&format!("signatures-foreign-{name}"));
    sh(&folder, "openssl genpkey -algorithm SM2 -out key; openssl pkey -in key -pubout -out pub");
    let public = block(&String::from_utf8(bytes(&folder, "pub")).unwrap());
    (folder, public)
}

/// How each is made, what is said of it, and how many commands it takes.
const FORMS: &[(&str, &[&str], usize)] = &[
    ("openssl ec -in key -out bad", &["SEC 1"], 1),
    ("openssl ec -in key -aes128 -passout pass:a -out bad", &["encrypted by its header lines"], 1),
    ("openssl ec -in key -param_enc explicit -out bad", &["by numbers"], 1),
    ("openssl ec -in key -param_enc explicit | openssl pkcs8 -topk8 -nocrypt -out bad", &["by numbers"], 1),
    ("openssl ec -in key -pubout -param_enc explicit -out bad", &["by numbers"], 1),
    ("openssl ec -in key -pubout -conv_form compressed -out bad", &["compressed point"], 1),
    ("openssl ec -in key -pubout -conv_form hybrid -out bad", &["hybrid point"], 1),
    ("openssl ec -in key -conv_form compressed | openssl pkcs8 -topk8 -nocrypt -out bad", &["compressed"], 1),
    ("openssl ec -in key -conv_form hybrid | openssl pkcs8 -topk8 -nocrypt -out bad", &["hybrid"], 1),
    ("openssl pkey -in key -aes256 -passout pass:a -out bad", &["encrypted private key"], 1),
    ("openssl pkcs8 -topk8 -scrypt -in key -passout pass:a -out bad", &["encrypted private key"], 1),
    ("openssl pkcs8 -topk8 -v2 sm4-cbc -in key -passout pass:a -out bad", &["encrypted private key"], 1),
    ("cp cert bad", &["holds CERTIFICATE"], 1),
    ("cp csr bad", &["CERTIFICATE REQUEST"], 1),
    ("openssl crl2pkcs7 -nocrl -certfile cert -out bad", &["PKCS7"], 1),
    ("cat cert key > bad", &["second block (CERTIFICATE, then PRIVATE KEY)"], 1),
    ("cat key cert > bad", &["second block"], 1),
    ("cat cert cert > bad", &["second block"], 1),
    ("openssl ecparam -name SM2 -out bad; openssl ec -in key >> bad", &["second block (SM2 PARAMETERS"], 1),
    // DER.
    ("openssl pkey -in key -outform DER -out bad", &["it is DER of a private key in the form of SEC 1"], 1),
    (
        "openssl pkcs8 -topk8 -nocrypt -in key -outform DER -out bad",
        &["it is DER of a private key (PKCS#8)"],
        1,
    ),
    ("openssl pkcs8 -topk8 -in key -passout pass:a -outform DER -out bad", &["DER of an encrypted"], 1),
    ("openssl pkey -in key -pubout -outform DER -out bad", &["it is DER of a public key"], 1),
    ("openssl x509 -in cert -outform DER -out bad", &["it is DER of a certificate:"], 1),
    ("openssl req -in csr -outform DER -out bad", &["it is DER of a certificate request"], 1),
    (
        "openssl pkcs12 -export -inkey key -in cert -passout pass:a -out bad",
        &["it is DER of a PKCS#12 file"],
        1,
    ),
    (
        "openssl pkey -in key -pubout -outform DER | base64 -w 0 > bad",
        &["base64, without the lines BEGIN"],
        1,
    ),
    ("openssl pkey -in key -outform DER | base64 > bad", &["base64, without the lines BEGIN"], 1),
    // Under a wrong label.
    ("sed 's/CERTIFICATE/PUBLIC KEY/' cert > bad", &["under that label is a certificate"], 1),
    ("sed 's/PUBLIC/PRIVATE/' pub > bad", &["under that label is a public key"], 1),
    ("sed 's/PRIVATE/PUBLIC/' key > bad", &["under that label is a private key"], 1),
    // Text.
    ("{ printf '\\357\\273\\277'; cat key; } > bad", &["byte order mark (EF BB BF)"], 1),
    ("{ printf '\\377\\376'; iconv -t UTF-16LE key; } > bad", &["it is UTF-16:"], 1),
    ("{ printf '\\376\\377'; iconv -t UTF-16BE pub; } > bad", &["it is UTF-16:"], 1),
    ("iconv -t UTF-16LE key > bad", &["it is UTF-16:"], 1),
    ("iconv -t UTF-16BE pub > bad", &["it is UTF-16:"], 1),
    ("sed 's/^/  /' key > bad", &["spaces stand before"], 1),
    ("sed '2s/^\\(....\\)/\\1\\n/' key > bad", &["lines of one length"], 1),
    ("sed '2s/^\\(....\\)/\\1\\n/' pub > bad", &["lines of one length"], 1),
    // One thing after the other.
    ("{ printf '\\377\\376'; iconv -t UTF-16LE cert; } > bad", &["UTF-16"], 2),
    ("openssl ec -in key -param_enc explicit -conv_form compressed -out bad", &["by numbers"], 2),
];

#[test]
fn other_forms_of_a_key_lead_to_it() {
    if !tools() {
        return;
    }
    let (folder, public) = pair("forms");
    sh(
        &folder,
        "openssl req -new -x509 -key key -sm3 -subj /CN=a -out cert
         openssl req -new -key key -sm3 -subj /CN=a -out csr",
    );
    let pass = [
        ("openssl pkey", "openssl pkey -passin pass:a"),
        ("openssl pkcs12", "openssl pkcs12 -passin pass:a"),
    ];
    for (make, words, steps) in FORMS {
        sh(&folder, &format!("rm -f bad bad.new bad.new.new; {make}"));
        let extra = if *steps == 1 { &pass[..] } else { &[] };
        assert_eq!(mended(&folder, "bad", *steps, words, extra), public, "{make}");
    }
    // A line with the identity behind the mark was there all the time.
    sh(&folder, "{ printf '\\357\\273\\277identity: a\\n'; cat pub; } > marked");
    refused(&folder, "key show marked", 2, &["byte order mark"]);
    let said = stderr(&sarsen(&folder, "key show marked"));
    sh(&folder, &command(&said).replace("FILE", "marked").replace("NEW", "new"));
    assert!(ok(&folder, "key show new").contains("identity: a"));
}

/// DER around a key that no tool here writes.
#[test]
fn wrappings_of_other_programs_lead_to_the_key() {
    if !tools() {
        return;
    }
    let (folder, public) = pair("wrappings");
    sh(
        &folder,
        "openssl pkcs8 -topk8 -nocrypt -in key -outform DER -out key.der
         openssl pkey -in key -pubout -outform DER -out pub.der",
    );
    let (secret, point) = (bytes(&folder, "key.der"), bytes(&folder, "pub.der"));
    let sequence = |tag: u8, parts: &[&[u8]]| {
        let body = parts.concat();
        let length = if body.len() < 128 { vec![body.len() as u8] } else { vec![0x81, body.len() as u8] };
        [&[tag], length.as_slice(), &body].concat()
    };
    let pem = |label: &str, der: &[u8]| {
        let body = Base64::encode_string(der);
        let lines: Vec<&str> =
            body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        folder.file(
            "bad",
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n")).as_bytes(),
        );
        sh(&folder, "chmod 600 bad; rm -f bad.new");
    };
    let algorithm = |digits: &str| sarsen::digest::unhex(digits).unwrap();
    let curve = algorithm("301406082a811ccf5501822d06082a811ccf5501822d");
    let version = [2, 1, 0];
    pem("PUBLIC KEY", &sequence(0x30, &[&curve, &point[23..]]));
    assert_eq!(mended(&folder, "bad", 1, &["1.2.156.10197.1.301 where"], &[]), public);
    pem("PRIVATE KEY", &sequence(0x30, &[&version, &curve, &secret[27..]]));
    assert_eq!(mended(&folder, "bad", 1, &["1.2.156.10197.1.301 where"], &[]), public);
    for other in [
        "301506092a811ccf5501822d0106082a811ccf5501822d",
        "300c06082a811ccf5501822d0500",
        "300a06082a811ccf5501822d",
    ] {
        pem("PUBLIC KEY", &sequence(0x30, &[&algorithm(other), &point[23..]]));
        assert_eq!(mended(&folder, "bad", 1, &["is marked with"], &[]), public);
        pem("PRIVATE KEY", &sequence(0x30, &[&version, &algorithm(other), &secret[27..]]));
        mended(&folder, "bad", 1, &["is marked with", "makes a new one"], &generate());
    }
    // A big integer without its zeros, or with one for the sign; the second is the same number.
    let named = &secret[6..27];
    for (number, fits) in [(vec![5; 31], false), ([&[0][..], &secret[36..68]].concat(), true)] {
        let key = sequence(4, &[&sequence(0x30, &[&[2, 1, 1], &sequence(4, &[&number])])]);
        pem("PRIVATE KEY", &sequence(0x30, &[&version, named, &key]));
        let words = format!("holds {} secret bytes", number.len());
        assert_eq!(mended(&folder, "bad", 1, &[&words], &[]) == public, fits);
    }
    // Lengths that are not the shortest.
    let long = [&[0x30, 0x82, 0, secret[2]], &secret[3..]].concat();
    pem("PRIVATE KEY", &long);
    assert_eq!(mended(&folder, "bad", 1, &["writes it again if OpenSSL can read it"], &[]), public);
    // ring before 0.17.
    ok(&folder, "key generate --algorithm ed25519 -o ed");
    ok(&folder, "key public ed -o ed.pub");
    let text = String::from_utf8(bytes(&folder, "ed")).unwrap();
    let info = Base64::decode_vec(text.lines().nth(1).unwrap()).unwrap();
    let text = String::from_utf8(bytes(&folder, "ed.pub")).unwrap();
    let spki = Base64::decode_vec(text.lines().nth(1).unwrap()).unwrap();
    let explicit = sequence(0xa1, &[&sequence(3, &[&[0], &spki[12..]])]);
    pem("PRIVATE KEY", &sequence(0x30, &[&[2, 1, 1], &info[5..], &explicit]));
    assert_eq!(mended(&folder, "bad", 1, &["ring before 0.17", "3.5"], &[]), text);
}

/// How the command that makes a new key is run here.
fn generate() -> [(&'static str, &'static str); 2] {
    [("sarsen", env!("CARGO_BIN_EXE_sarsen")), ("ID", IDENTITY)]
}

#[test]
fn keys_of_ssh_and_json_lead_to_the_key() {
    // It runs for users with a name alone.
    if !tools() || !has("sh", &["-c", "command -v ssh-keygen && id -un"]) {
        return;
    }
    let folder = Folder::new("signatures-foreign-ssh");
    sh(
        &folder,
        "ssh-keygen -q -t ed25519 -N '' -C 'me AT x' -f ssh; cp ssh locked; ssh-keygen -q -p -N secret -f locked",
    );
    let public = mended(&folder, "ssh", 1, &["OPENSSH PRIVATE KEY", "OpenSSL does not read it"], &[]);
    let extra = [("ssh-keygen -p", "ssh-keygen -q -p -P secret")];
    assert_eq!(mended(&folder, "locked", 2, &["without its passphrase"], &extra), public);
    for make in [
        "cp ssh.pub bad",
        "sed 's/$/\\r/' ssh.pub > bad",
        "sed 's/ me.*//' ssh.pub > bad",
        "{ printf 'no-pty,command=\"a b\" '; cat ssh.pub; } > bad",
        "ssh-keygen -e -f ssh.pub > bad",
    ] {
        sh(&folder, make);
        assert_eq!(mended(&folder, "bad", 1, &["a public key of SSH"], &[]), public, "{make}");
    }
    for make in [
        "ssh-keygen -q -t rsa -b 1024 -N '' -f other; mv other bad",
        "ssh-keygen -q -t ecdsa -N '' -f other; mv other.pub bad",
        "ssh-keygen -q -t rsa -b 1024 -N '' -f other2; ssh-keygen -e -f other2.pub > bad",
    ] {
        sh(&folder, &format!("rm -f bad bad.new; {make}"));
        mended(&folder, "bad", 1, &["not of Ed25519"], &generate());
    }
    if !has("jq", &["--version"]) {
        return;
    }
    sh(&folder, "rm -f ssh.new; mv locked.new.new key");
    let url = |start: usize, command: &str| {
        sh(
            &folder,
            &format!(
                "{command} -outform DER | tail -c +{start} | head -c 32 | base64 | tr -d '=\\n' | tr '+/' '-_'"
            ),
        )
    };
    let (x, d) = (url(13, "openssl pkey -in key -pubout"), url(17, "openssl pkey -in key"));
    for secret in [String::new(), format!("\"d\":\"{d}\",")] {
        folder
            .file("bad", format!("{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",{secret}\"x\":\"{x}\"}}").as_bytes());
        sh(&folder, "chmod 600 bad; rm -f bad.new");
        assert_eq!(mended(&folder, "bad", 1, &["it is a JSON Web Key"], &[]), public);
    }
}

/// Schemes that some versions of OpenSSL do not know.
#[test]
fn keys_encrypted_by_other_schemes_lead_to_the_key() {
    if !tools() {
        return;
    }
    let (folder, public) = pair("schemes");
    let pass = [("openssl pkey", "openssl pkey -passin pass:a")];
    let made = |scheme: &str| {
        let line =
            format!("rm -f bad bad.new; openssl pkcs8 -topk8 -in key -passout pass:a -out bad {scheme}");
        run(&folder, "sh", &["-ec", &line]).status.success()
    };
    if made("-v1 PBE-MD5-DES -provider legacy -provider default") {
        assert_eq!(mended(&folder, "bad", 1, &["-provider legacy"], &pass), public);
    }
    if made("-v2 sm4-cbc -v2prf hmacWithSM3") {
        assert_eq!(mended(&folder, "bad", 1, &["HMAC with SM3", "3.5"], &pass), public);
    }
    // As OpenSSL 3.5 writes it; what is encrypted does not matter to what is said.
    let digits = "3058 06092a864886f70d01050d 304b 302b 06092a864886f70d01050c 301e 04080000000000000000 02020800 \
                  300e 060a2a811ccf550183110301 0500 301c 06082a811ccf55016802 041000000000000000000000000000000000";
    let scheme = sarsen::digest::unhex(&digits.replace(' ', "")).unwrap();
    let info = [&[0x30, scheme.len() as u8 + 4], scheme.as_slice(), &[4, 2, 0, 0]].concat();
    let label = "ENCRYPTED PRIVATE KEY";
    let text = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", Base64::encode_string(&info));
    folder.file("bad", text.as_bytes());
    refused(
        &folder,
        "key show bad",
        2,
        &["[key-unsupported]", "HMAC with SM3", "openssl pkey -in FILE -out NEW", "3.5"],
    );
}

/// Of other algorithms nothing is made: the command makes a new key.
#[test]
fn keys_of_other_algorithms_lead_to_a_new_one() {
    if !tools() {
        return;
    }
    let folder = Folder::new("signatures-foreign-others");
    for (make, words) in [
        (
            "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out bad",
            "1.2.840.113549.1.1.1 (RSA)",
        ),
        ("openssl genrsa -traditional -out bad 1024", "RSA PRIVATE KEY"),
        ("openssl genrsa 1024 | openssl rsa -RSAPublicKey_out -out bad", "RSA PUBLIC KEY"),
        (
            "openssl genrsa -traditional 1024 | openssl rsa -traditional -outform DER -out bad",
            "DER of a key of RSA",
        ),
        ("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out bad", "1.2.840.10045.3.1.7"),
        ("openssl ecparam -name prime256v1 -genkey -noout -out bad", "1.2.840.10045.3.1.7"),
        (
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkey -pubout -out bad",
            "1.2.840.10045.3.1.7",
        ),
        ("openssl genpkey -algorithm X25519 -out bad", "1.3.101.110 (X25519"),
        ("openssl genpkey -algorithm ED448 -out bad", "1.3.101.113 (Ed448)"),
        ("openssl ecparam -name SM2 -out bad", "PARAMETERS, the name of a curve and no key"),
        (
            "for edge in BEGIN END; do echo \"-----$edge PGP PUBLIC KEY BLOCK-----\"; echo 'Version: 1'; done > bad",
            "OpenPGP",
        ),
        ("printf 'PuTTY-User-Key-File-3: ssh-ed25519\\nEncryption: none\\n' > bad", "PuTTY"),
        ("printf '{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\"}' > bad", "JSON Web Key: it is of P-256"),
    ] {
        sh(&folder, &format!("rm -f bad bad.new; {make}; chmod 600 bad"));
        mended(&folder, "bad", 1, &[words], &generate());
    }
    // What nobody knows has no command.
    for text in ["", "words", "-----BEGIN X", "AAAA", "{}", "0", "\u{0}"] {
        folder.file("bad", text.as_bytes());
        refused(&folder, "key show bad", 2, &["[key-invalid]"]);
    }
}
