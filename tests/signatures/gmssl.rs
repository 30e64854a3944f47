//! GmSSL, by way of the Python package gmssl-fast, verifies our signatures, and we those of GmSSL.

use super::*;

fn gmssl(folder: &Folder, script: &str) -> String {
    done(folder, &python(), &["-c", &format!("from gmssl_fast import SM2\n{script}")])
}

/// The public key's 130 digits.
fn point(folder: &Folder, file: &str) -> String {
    let shown = ok(folder, &format!("key show {file}"));
    shown.lines().find_map(|line| line.strip_prefix("public: ")).unwrap().to_owned()
}

#[test]
fn sm2_signatures_are_verified_on_both_sides() {
    if !has(&python(), &["-c", "import gmssl_fast"]) {
        return;
    }
    let folder = Folder::new("signatures-gmssl");
    folder.file("f", b"bytes that are signed");
    // Ours: a signature as 64 bytes.
    ok(&folder, &format!("key generate --algorithm sm2 --identity {IDENTITY} -o key"));
    ok(&folder, "key public key -o key.pub");
    ok(&folder, "sign --key key --raw f");
    let verify = |file: &str| {
        let key = point(&folder, "key.pub");
        let read = format!("open('{file}', 'rb').read(), open('f.sm2.sig', 'rb').read()");
        gmssl(&folder, &format!("print(SM2(public_key='{key}').verify({read}))"))
    };
    assert_eq!(verify("f"), "True\n");
    folder.file("other", b"other bytes");
    assert_ne!(verify("other"), "True\n");
    // Theirs: the key as OpenSSL's form of it, and the 64 bytes.
    let key = gmssl(
        &folder,
        "k = SM2.generate()\nopen('their.sig', 'wb').write(k.sign(open('f', 'rb').read()))\nprint(k.public_key_hex)",
    );
    let info = format!("3059301306072a8648ce3d020106082a811ccf5501822d034200{}", key.trim());
    let script = "import sys, base64\n\
                  b = base64.b64encode(bytes.fromhex(sys.argv[1])).decode()\n\
                  lines = '\\n'.join(b[at:at + 64] for at in range(0, len(b), 64))\n\
                  print(f'-----BEGIN PUBLIC KEY-----\\n{lines}\\n-----END PUBLIC KEY-----')";
    let pem = done(&folder, &python(), &["-c", script, &info]);
    folder.file("their.pub", pem.as_bytes());
    let line = |file: &str| {
        format!("verify --key their.pub --identity {IDENTITY} --raw --signature their.sig {file}")
    };
    ok(&folder, &line("f"));
    refused(&folder, &line("other"), 6, &["[signature-wrong]"]);
    refused(&folder, &line("f").replace(" --raw", ""), 6, &["[signature-malformed]"]);
}
