//! What a private key is not used for: by others than its owner, and for what would be read as something else.

use super::command::keys;
use super::*;

#[test]
fn keys_that_others_may_use_are_refused() {
    let folder = keys("exposed");
    for mode in [0o640, 0o620, 0o604, 0o602, 0o644, 0o601] {
        support::set_mode(&folder.0.join("ed"), mode);
        support::set_mode(&folder.0.join("sm"), mode);
        support::set_mode(&folder.0.join("ed.pub"), mode | 0o400);
        let mode = format!("{mode:04o}");
        let words = ["[key-exposed]", mode.as_str(), "chmod 600"];
        for line in [
            "sign --key ed f",
            "sign --key sm f",
            "sign --key sm --key ed --envelope --payload-type t f",
            "key public ed",
            "key show sm",
            "verify --key ed --signature f f",
            "attest .#app --key ed --builder https://b.example/ --organisation o -o new",
        ] {
            refused(&folder, line, 2, &words);
        }
        ok(&folder, "key show ed.pub");
    }
    for mode in [0o400, 0o600, 0o700] {
        support::set_mode(&folder.0.join("ed"), mode);
        support::set_mode(&folder.0.join("sm"), mode);
        ok(&folder, "sign --key ed --key sm f");
        ok(&folder, "key public sm");
    }
}

#[test]
fn a_file_that_is_signed_is_no_statement() {
    let folder = keys("domain");
    let statement = sarsen::envelope::pae("application/vnd.in-toto+json", b"{}");
    // The second is longer than what SM2 is given at once.
    let long = [b"DSSEv1 ".as_slice(), &vec![b' '; 1 << 20]].concat();
    let path = b"1;/nix/store/a172cedcae47474b615c54d510a5d84a-app;sha256:0000;1;";
    for (name, bytes) in
        [("pae", &statement), ("long", &long), ("start", &b"DSSEv1 ".to_vec()), ("nix", &path.to_vec())]
    {
        folder.file(name, bytes);
        for signer in ["--key ed", "--key sm", "--key ed --key sm"] {
            refused(&folder, &format!("sign {signer} {name}"), 2, &["[signature-domain]", name]);
        }
        // These would end with 7 if they were asked.
        for public in ["ed.pub", "sm.pub", "sm.pub --signer-mode e"] {
            let line = format!("sign --signer false --public {public} {name}");
            refused(&folder, &line, 2, &["[signature-domain]"]);
        }
        assert!(
            !exists(&folder, &format!("{name}.ed25519.sig")) && !exists(&folder, &format!("{name}.sm2.sig"))
        );
        ok(&folder, &format!("sign --key ed --key sm --envelope --payload-type t {name}"));
    }
    for (name, bytes) in
        [("short", b"DSSEv1".as_slice()), ("later", b" DSSEv1 1;/"), ("list", b"1;nix"), ("two", b"1;")]
    {
        folder.file(name, bytes);
        ok(&folder, &format!("sign --key ed --key sm {name}"));
    }
    refused(&folder, "sign --signer false --public ed.pub short", 7, &["[signer-failed]"]);
}
