//! Signatures in other forms, or over another identity: the message says what helps, and that is done.

use super::foreign::{command, sh, tools};
use super::*;

/// Follows the message about the signature `sig` of `f` until it is accepted; `raw` is whether --raw is given at first.
fn verified(folder: &Folder, key: &str, raw: bool, words: &[&str]) {
    let (mut file, mut raw) = ("sig".to_owned(), raw);
    for step in 0..3 {
        let option = if raw { "--raw" } else { "" };
        let output = sarsen(folder, &format!("verify --key {key} {option} --signature {file} f"));
        if step > 0 && output.status.success() {
            return;
        }
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(6), "{said}");
        assert!(said.contains("[signature-malformed]"), "{said}");
        assert!(step > 0 || words.iter().all(|word| said.contains(word)), "{words:?}: {said}");
        if said.contains('`') {
            let new = format!("{file}.new");
            sh(folder, &command(&said).replace("SIG", &file).replace("NEW", &new));
            file = new;
        }
        raw = (raw || said.contains("give --raw")) && !said.contains("leave --raw out");
    }
    panic!("{words:?} lead nowhere");
}

#[test]
fn other_forms_of_a_signature_lead_to_it() {
    if !tools() || !has("xxd", &["-v"]) {
        return;
    }
    let folder = super::command::keys("foreign-sig");
    ok(&folder, "sign --key sm --key ed f");
    ok(&folder, "sign --key sm --raw f -o raw");
    sh(&folder, "mv f.sm2.sig der; mv f.ed25519.sig ed.sig");
    let pem = |label: &str, file: &str| {
        format!("{{ echo '-----BEGIN {label}-----'; base64 {file}; echo '-----END {label}-----'; }} > sig")
    };
    for (make, words) in [
        ("xxd -p DER > sig".to_owned(), &["hexadecimal", "xxd -r -p"][..]),
        ("xxd -p -c 200 DER | tr a-f A-F | tr -d '\\n' > sig".into(), &["hexadecimal"]),
        ("base64 DER > sig".into(), &["base64 -d"]),
        ("base64 -w 0 DER > sig".into(), &["base64 -d"]),
        (pem("SIGNATURE", "DER"), &["PEM", "sed"]),
        ("{ cat DER; echo; } > sig".into(), &["a line break follows it"]),
        ("{ cat DER; printf '\\r\\n'; } > sig".into(), &["a line break follows it"]),
    ] {
        for (file, key, raw) in [
            ("der", "sm.pub", false),
            ("raw", "sm.pub", true),
            ("der", "sm.pub", true),
            ("raw", "sm.pub", false),
            ("ed.sig", "ed.pub", false),
        ] {
            sh(&folder, &format!("rm -f sig.new; {}", make.replace("DER", file)));
            verified(&folder, key, raw, words);
        }
    }
    sh(&folder, "cp raw sig");
    verified(&folder, "sm.pub", false, &["64 bytes", "give --raw"]);
    sh(&folder, "cp der sig");
    verified(&folder, "sm.pub", true, &["this is DER: leave --raw out"]);
    // What is of another key, or of another kind, cannot be mended.
    ok(&folder, "sign --key ed --envelope --payload-type t f -o envelope");
    folder.file("pgp", b"-----BEGIN PGP SIGNATURE-----\n\nAAAAAAAA\n-----END PGP SIGNATURE-----\n");
    folder.file("none", b"");
    folder.file("text", b"words");
    for (key, file, said) in [
        ("ed.pub", "der", "this is a signature of SM2"),
        ("sm.pub", "ed.sig", "if Ed25519 signed, give that key"),
        ("sm.pub", "envelope", "give --envelope"),
        ("ed.pub", "pgp", "PGP SIGNATURE"),
        ("ed.pub", "none", "the file is empty"),
        ("sm.pub", "text", "none of SM2 in DER"),
    ] {
        let line = format!("verify --key {key} --signature {file} f");
        refused(&folder, &line, 6, &["[signature-malformed]", said]);
    }
}

#[test]
fn a_signature_over_another_identity_leads_to_the_right_one() {
    if !tools() {
        return;
    }
    let folder = super::command::keys("foreign-identity");
    sh(&folder, "openssl pkey -in sm -pubout -out bare");
    let is_3 = done(&folder, "openssl", &["version"]).starts_with("OpenSSL 3.");
    if is_3 {
        // Of the empty identity.
        sh(&folder, "openssl dgst -sm3 -sign sm -out sig f");
        let line = "verify --key sm.pub --signature sig f";
        refused(&folder, line, 6, &["[signature-wrong]", "it fits the empty identity", "-pkeyopt distid:ID"]);
        let said = stderr(&sarsen(&folder, line));
        let sign = [("KEY", "sm"), ("ID", "a"), ("NEW", "sig"), ("FILE", "f")];
        sh(&folder, &sign.iter().fold(command(&said).to_owned(), |line, (from, to)| line.replace(from, to)));
        ok(&folder, line);
    }
    // Of the usual one: by the key's file, and by --identity.
    sh(&folder, &format!("openssl dgst -sm3 -sign sm -sigopt distid:{IDENTITY} -out sig f"));
    let line = "verify --key sm.pub --signature sig f";
    refused(&folder, line, 6, &["[signature-wrong]", "it fits the identity \"1234567812345678\""]);
    let said = stderr(&sarsen(&folder, line));
    sh(&folder, &command(&said).replace("KEY", "sm.pub").replace("NEW", "new.pub"));
    ok(&folder, "verify --key new.pub --signature sig f");
    let line = "verify --key bare --identity a --signature sig f";
    refused(&folder, line, 6, &["[signature-wrong]", &format!("give --identity {IDENTITY}")]);
    ok(&folder, &format!("verify --key bare --identity {IDENTITY} --signature sig f"));
    // Of a third, and of other bytes: nothing is claimed.
    sh(&folder, "openssl dgst -sm3 -sign sm -sigopt distid:ALICE -out sig f");
    ok(&folder, "sign --key sm f");
    folder.file("g", b"other bytes");
    for line in ["verify --key sm.pub --signature sig f", "verify --key sm.pub --signature f.sm2.sig g"] {
        refused(&folder, line, 6, &["[signature-wrong]"]);
        assert!(!stderr(&sarsen(&folder, line)).contains("it fits"));
    }
}
