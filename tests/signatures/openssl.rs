//! OpenSSL reads our keys and verifies our signatures, and we those of OpenSSL.

use super::*;

/// Whether this OpenSSL signs with SM2; some distributions leave it out.
fn openssl() -> bool {
    has("openssl", &["genpkey", "-algorithm", "SM2"])
}

fn openssl_in(folder: &Folder, line: &str) -> String {
    done(folder, "openssl", &line.split_whitespace().collect::<Vec<_>>())
}

/// What stands between BEGIN and END, with both.
fn block(folder: &Folder, name: &str) -> String {
    let text = String::from_utf8(bytes(folder, name)).unwrap();
    text[text.find("-----BEGIN").unwrap()..].to_owned()
}

#[test]
fn key_files_are_the_same() {
    if !openssl() {
        return;
    }
    let folder = Folder::new("signatures-openssl-keys");
    for (algorithm, theirs, identity) in [("ed25519", "ED25519", ""), ("sm2", "SM2", "--identity ab")] {
        // Ours, read and written again by OpenSSL.
        ok(&folder, &format!("key generate --algorithm {algorithm} {identity} -o ours-{algorithm}"));
        ok(&folder, &format!("key public ours-{algorithm} -o ours-{algorithm}.pub"));
        openssl_in(&folder, &format!("pkey -in ours-{algorithm} -out again"));
        assert_eq!(block(&folder, "again"), block(&folder, &format!("ours-{algorithm}")));
        openssl_in(&folder, &format!("pkey -in ours-{algorithm} -pubout -out again"));
        assert_eq!(block(&folder, "again"), block(&folder, &format!("ours-{algorithm}.pub")));
        openssl_in(&folder, &format!("pkey -pubin -in ours-{algorithm}.pub -pubcheck -noout"));
        // Theirs, read and written again by us.
        openssl_in(&folder, &format!("genpkey -algorithm {theirs} -out theirs"));
        openssl_in(&folder, "pkey -in theirs -pubout -out theirs.pub");
        for file in ["theirs", "theirs.pub"] {
            ok(&folder, &format!("key public {file} {identity} -o again"));
            assert_eq!(block(&folder, "again"), block(&folder, "theirs.pub"));
        }
    }
}

#[test]
fn sm2_signatures_are_verified_on_both_sides() {
    if !openssl() {
        return;
    }
    let folder = Folder::new("signatures-openssl-sm2");
    folder.file("f", b"bytes that are signed");
    folder.file("other", b"other bytes");
    ok(&folder, &format!("key generate --algorithm sm2 --identity {IDENTITY} -o key"));
    ok(&folder, "key public key -o key.pub");
    let theirs = format!("-pkeyopt distid:{IDENTITY} -rawin -digest sm3 -in f");
    ok(&folder, "sign --key key f");
    openssl_in(&folder, &format!("pkeyutl -verify -pubin -inkey key.pub -sigfile f.sm2.sig {theirs}"));
    openssl_in(
        &folder,
        &format!("dgst -sm3 -verify key.pub -sigopt distid:{IDENTITY} -signature f.sm2.sig f"),
    );
    openssl_in(&folder, &format!("pkeyutl -sign -inkey key -out their.sig {theirs}"));
    openssl_in(&folder, &format!("dgst -sm3 -sign key -sigopt distid:{IDENTITY} -out their.dgst f"));
    for signature in ["their.sig", "their.dgst"] {
        ok(&folder, &format!("verify --key key.pub --signature {signature} f"));
        refused(
            &folder,
            &format!("verify --key key.pub --signature {signature} other"),
            6,
            &["[signature-wrong]"],
        );
    }
    // Without distid, OpenSSL signs the empty identity before 4.0 and the usual one since.
    let version = done(&folder, "openssl", &["version"]);
    if version.starts_with("OpenSSL 3.") {
        openssl_in(&folder, "pkeyutl -sign -inkey key -out their.sig -rawin -digest sm3 -in f");
        refused(&folder, "verify --key key.pub --signature their.sig f", 6, &["[signature-wrong]", IDENTITY]);
    }
    // The same key under another identity.
    openssl_in(
        &folder,
        "pkeyutl -sign -inkey key -out their.sig -rawin -digest sm3 -in f -pkeyopt distid:ALICE",
    );
    refused(&folder, "verify --key key.pub --signature their.sig f", 6, &["[signature-wrong]"]);
    openssl_in(&folder, "pkey -pubin -in key.pub -out bare.pub");
    ok(&folder, "verify --key bare.pub --identity ALICE --signature their.sig f");
}

/// The vector of src/key/sm2.rs: s G + (r + s) P is the point at infinity.
#[test]
fn a_signature_without_a_nonce_is_refused_on_both_sides() {
    if !openssl() {
        return;
    }
    let folder = Folder::new("signatures-openssl-nonce");
    let page = include_str!("../../docs/formats/signature.md");
    let key = page.split("```\n").find(|block| block.starts_with("identity: ")).unwrap();
    folder.file("key.pub", key.as_bytes());
    folder.file("f", b"message digest");
    let digits = [
        "3045022100f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640",
        "02203da760dd7383633800a1adecfe9790f8ee194f453a81b16507c3285b8f170e1b",
    ];
    folder.file("none.sig", &sarsen::digest::unhex(&digits.concat()).unwrap());
    // With the nonce 12345, by the same program: it is not the files or the arguments that are refused.
    let digits = [
        "30440220465316e66be30f485aca0abff071f01da3007d75f3aa61c741815366eb57cc5e",
        "022044ad8ab310363fbe5ce1759a4d9af01c27161d701f08dc60692013b4f81c6baa",
    ];
    folder.file("some.sig", &sarsen::digest::unhex(&digits.concat()).unwrap());
    refused(&folder, "verify --key key.pub --signature none.sig f", 6, &["[signature-wrong]"]);
    ok(&folder, "verify --key key.pub --signature some.sig f");
    for (name, fits) in [("none.sig", false), ("some.sig", true)] {
        let line = format!(
            "pkeyutl -verify -pubin -inkey key.pub -rawin -digest sm3 -in f -sigfile {name} -pkeyopt distid:{IDENTITY}"
        );
        let output = run(&folder, "openssl", &line.split(' ').collect::<Vec<_>>());
        assert_eq!(output.status.success(), fits, "{name}: {}{}", stdout(&output), stderr(&output));
    }
}

#[test]
fn ed25519_signatures_are_verified_on_both_sides() {
    if !openssl() {
        return;
    }
    let folder = Folder::new("signatures-openssl-ed25519");
    folder.file("f", b"bytes that are signed");
    ok(&folder, "key generate --algorithm ed25519 -o key");
    ok(&folder, "key public key -o key.pub");
    ok(&folder, "sign --key key f");
    openssl_in(&folder, "pkeyutl -verify -pubin -inkey key.pub -rawin -in f -sigfile f.ed25519.sig");
    openssl_in(&folder, "pkeyutl -sign -inkey key -rawin -in f -out their.sig");
    ok(&folder, "verify --key key.pub --signature their.sig f");
    assert_eq!(bytes(&folder, "their.sig"), bytes(&folder, "f.ed25519.sig"), "it is deterministic");
}

/// Key files of OpenSSL that hold a key in a form that is not read.
#[test]
fn other_forms_of_openssl_are_refused_with_the_way_out() {
    if !openssl() {
        return;
    }
    let folder = Folder::new("signatures-openssl-forms");
    openssl_in(&folder, "genpkey -algorithm SM2 -out key");
    openssl_in(&folder, "ec -in key -out sec1");
    openssl_in(&folder, "pkey -in key -aes256 -passout pass:secret -out encrypted");
    openssl_in(&folder, "ec -in key -pubout -conv_form compressed -out compressed.pub");
    openssl_in(&folder, "pkey -in key -outform DER -out der");
    openssl_in(&folder, "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out p256");
    openssl_in(&folder, "genpkey -algorithm X25519 -out x25519");
    let show = |file: &str| format!("key show {file} --identity {IDENTITY}");
    refused(&folder, &show("sec1"), 2, &["[key-unsupported]", "openssl pkcs8 -topk8"]);
    refused(&folder, &show("encrypted"), 2, &["[key-unsupported]", "openssl pkey"]);
    refused(&folder, &show("compressed.pub"), 2, &["[key-unsupported]", "-conv_form uncompressed"]);
    refused(&folder, &show("der"), 2, &["[key-invalid]", "openssl pkey -inform DER"]);
    refused(&folder, &show("p256"), 2, &["[key-unsupported]", "1.2.840.10045.3.1.7"]);
    refused(&folder, &show("x25519"), 2, &["[key-unsupported]", "1.3.101.110"]);
    // The way out is one.
    openssl_in(&folder, "pkcs8 -topk8 -nocrypt -in sec1 -out again");
    openssl_in(&folder, "ec -pubin -in compressed.pub -conv_form uncompressed -out again.pub");
    assert_eq!(
        ok(&folder, &show("again")).replace("private", "public"),
        ok(&folder, &show("again.pub")),
        "the same key"
    );
}
