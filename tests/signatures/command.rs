//! The commands themselves: what they write, what they refuse, and with which exit code.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// A folder with a file, and a key pair of each algorithm.
pub fn keys(name: &str) -> Folder {
    let folder = Folder::new(&format!("signatures-{name}"));
    folder.file("f", b"bytes that are signed");
    for (key, options) in [("ed", "ed25519"), ("sm", "sm2 --identity a")] {
        ok(&folder, &format!("key generate --algorithm {options} -o {key}"));
        ok(&folder, &format!("key public {key} -o {key}.pub"));
    }
    folder
}

#[test]
fn private_keys_are_private_and_never_replaced() {
    let folder = keys("private");
    for key in ["ed", "sm"] {
        let path = folder.0.join(key);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        let before = bytes(&folder, key);
        let again = format!("key generate --algorithm ed25519 -o {key}");
        refused(&folder, &again, 2, &["[output-exists]", key]);
        assert_eq!(bytes(&folder, key), before);
        // Nothing that is printed of it holds its secret.
        let text = String::from_utf8(before).unwrap();
        let secret = text.lines().skip_while(|line| !line.starts_with("-----BEGIN")).nth(1).unwrap();
        for line in
            [format!("key show {key}"), format!("key show {key} --format json"), format!("key public {key}")]
        {
            let output = sarsen(&folder, &line);
            assert!(!stdout(&output).contains(secret) && !stderr(&output).contains(secret), "{line}");
        }
    }
    std::os::unix::fs::symlink("target", folder.0.join("link")).unwrap();
    refused(&folder, "key generate --algorithm ed25519 -o link", 2, &["[output-exists]"]);
    refused(&folder, "key generate --algorithm ed25519 -o absent/key", 2, &["[output-missing]"]);
    refused(&folder, "key generate --algorithm sm2 -o new", 2, &["[key-identity]", "--identity", IDENTITY]);
    refused(&folder, "key generate --algorithm ed25519 --identity a -o new", 2, &["[key-identity]"]);
    assert!(!exists(&folder, "target") && !exists(&folder, "new"));
}

#[test]
fn keys_are_shown() {
    let folder = keys("show");
    let id = |text: &str| text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    for (key, algorithm, digits) in [("ed", "ed25519", 64), ("sm", "sm2", 130)] {
        let (private, public) =
            (ok(&folder, &format!("key show {key}")), ok(&folder, &format!("key show {key}.pub")));
        assert_eq!(private.replace("kind: private", "kind: public"), public);
        let text = ok(&folder, &format!("key show {key} --format json"));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["schema"], "sarsen.key/1");
        assert_eq!(json["kind"], "private");
        assert_eq!(json["algorithm"], algorithm);
        assert_eq!(json["id"], id(&public));
        assert_eq!(json["public"].as_str().unwrap().len(), digits);
        assert_eq!(json["identity"].as_str(), (key == "sm").then_some("a"));
    }
    // Only to show it, an SM2 key needs no identity.
    for kind in ["private", "public"] {
        let file = if kind == "private" { "sm" } else { "sm.pub" };
        let text = String::from_utf8(bytes(&folder, file)).unwrap();
        folder.file("bare", text.strip_prefix("identity: a\n").unwrap().as_bytes());
        std::fs::set_permissions(folder.0.join("bare"), PermissionsExt::from_mode(0o600)).unwrap();
        let shown = ok(&folder, "key show bare");
        assert_eq!(shown, ok(&folder, &format!("key show {file}")).replace("identity: a", "identity: none"));
        assert!(shown.contains(kind), "{shown}");
        let json: serde_json::Value =
            serde_json::from_str(&ok(&folder, "key show bare --format json")).unwrap();
        assert!(json["identity"].is_null() && json["algorithm"] == "sm2", "{json}");
        assert!(ok(&folder, "key show bare --identity b").contains("identity: b\n"));
        for line in ["key public bare", "verify --key bare --envelope f", "sign --key bare f"] {
            refused(&folder, line, 2, &["[key-identity]", "--identity"]);
        }
    }
    folder.file("empty-identity", b"identity:\n-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n");
    refused(&folder, "key show empty-identity", 2, &["[key-invalid]"]);
    refused(&folder, "key show sm --identity b", 2, &["[key-identity]"]);
    for (file, exit, code) in
        [("absent", 2, "[input-missing]"), (".", 2, "[input-directory]"), ("f", 2, "[key-invalid]")]
    {
        refused(&folder, &format!("key show {file}"), exit, &[code]);
    }
    folder.file("empty", b"");
    refused(&folder, "key show empty", 2, &["[key-invalid]"]);
    let fifo = folder.0.join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    refused(&folder, "key show fifo", 2, &["[input-special]"]);
    refused(&folder, "verify --envelope fifo --key ed.pub", 2, &["[input-special]"]);
}

#[test]
fn files_are_signed_and_verified() {
    let folder = keys("files");
    folder.file("g", b"another file");
    ok(&folder, "sign --key ed --key sm f g");
    for (key, algorithm) in [("ed", "ed25519"), ("sm", "sm2")] {
        for file in ["f", "g"] {
            let said =
                ok(&folder, &format!("verify --key {key}.pub --signature {file}.{algorithm}.sig {file}"));
            assert!(said.contains(&format!("{file}: signed by {algorithm} sha256:")), "{said}");
        }
        let line = format!("verify --key {key}.pub --signature f.{algorithm}.sig g");
        refused(&folder, &line, 6, &["[signature-wrong]", "g"]);
        let json =
            ok(&folder, &format!("verify --format json --key {key}.pub --signature g.{algorithm}.sig g"));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&json["verified"], &json["keys"][0]["algorithm"]), (&true.into(), &algorithm.into()));
        // A private key signs, a public one verifies.
        refused(&folder, &format!("sign --key {key}.pub f"), 2, &["[key-kind]"]);
        refused(&folder, &format!("verify --key {key} --signature f.{algorithm}.sig f"), 2, &["[key-kind]"]);
    }
    refused(&folder, "verify --key ed.pub --signature f.sm2.sig f", 6, &["[signature-malformed]", "64"]);
    refused(&folder, "verify --key sm.pub --signature f.ed25519.sig f", 6, &["[signature-malformed]"]);
    refused(&folder, "verify --key sm.pub --identity b --signature f.sm2.sig f", 2, &["[key-identity]"]);
    refused(&folder, "verify --key ed.pub --identity b --signature f.ed25519.sig f", 2, &["[key-identity]"]);
    refused(&folder, "verify --key ed.pub --key sm.pub --signature f.ed25519.sig f", 2, &["[key-kind]"]);
    ok(&folder, "sign --key sm --raw f -o raw");
    assert_eq!(bytes(&folder, "raw").len(), 64);
    ok(&folder, "verify --key sm.pub --raw --signature raw f");
    refused(&folder, "verify --key ed.pub --raw --signature raw f", 2, &["--raw"]);
    // An empty file has a signature too, and an empty signature is none.
    folder.file("nothing", b"");
    ok(&folder, "sign --key ed --key sm nothing");
    ok(&folder, "verify --key ed.pub --signature nothing.ed25519.sig nothing");
    ok(&folder, "verify --key sm.pub --signature nothing.sm2.sig nothing");
    refused(&folder, "verify --key sm.pub --signature f.sm2.sig nothing", 6, &["[signature-wrong]"]);
    for key in ["ed", "sm"] {
        let line = format!("verify --key {key}.pub --signature nothing f");
        refused(&folder, &line, 6, &["[signature-malformed]"]);
    }
    // Two signatures never go to one file.
    refused(&folder, "sign --key ed --key ed f", 2, &["[output-same]"]);
    refused(&folder, "sign --key ed --key sm f -o sig", 2, &["[output-same]"]);
    refused(&folder, "sign --key ed f g -o sig", 2, &["[output-same]"]);
    assert!(!exists(&folder, "sig"));
    refused(&folder, "sign --key ed absent f", 2, &["[input-missing]"]);
}

#[test]
fn no_output_replaces_what_is_read() {
    let folder = keys("outputs");
    ok(&folder, "key generate --algorithm ed25519 -o another");
    ok(&folder, "sign --key ed --envelope --payload-type t f -o e");
    std::fs::hard_link(folder.0.join("f"), folder.0.join("link")).unwrap();
    ok(&folder, "sign --key ed f");
    std::os::unix::fs::symlink("f", folder.0.join("soft")).unwrap();
    folder.file(
        "rsa",
        b"-----BEGIN CERTIFICATE-----\r\n-----END CERTIFICATE-----\r\n-----BEGIN RSA PRIVATE KEY-----\r\n",
    );
    let names = ["ed", "ed.pub", "sm", "another", "f", "e", "f.ed25519.sig", "soft", "rsa"];
    let before = names.map(|name| bytes(&folder, name));
    for (line, code) in [
        ("sign --key ed f -o ed", "[output-same]"),
        ("sign --key ed f -o f", "[output-same]"),
        ("sign --key ed f -o link", "[output-same]"),
        ("sign --key ed f -o soft", "[output-same]"),
        ("sign --key ed f -o another", "[output-exists]"),
        ("sign --key ed f -o rsa", "[output-exists]"),
        ("sign --key ed f.ed25519.sig f", "[output-same]"),
        ("sign --signer true --public ed.pub f -o ed.pub", "[output-same]"),
        ("sign --key ed --envelope --payload-type t f -o ed", "[output-same]"),
        ("sign --key ed --envelope --payload-type t f -o f", "[output-same]"),
        ("sign --key ed --envelope --payload-type t f -o another", "[output-exists]"),
        ("key public ed -o ed", "[output-same]"),
        ("key public ed -o sm", "[output-exists]"),
        ("key public ed.pub -o ./ed.pub", "[output-same]"),
        ("verify --envelope e --key ed.pub --payload-type t -o ed.pub", "[output-same]"),
        ("verify --envelope e --key ed.pub --payload-type t -o e", "[output-same]"),
        ("verify --envelope e --key ed.pub --payload-type t -o ed", "[output-exists]"),
    ] {
        refused(&folder, line, 2, &[code]);
        assert_eq!(names.map(|name| bytes(&folder, name)), before, "{line}");
    }
    // Signatures are added where the envelope is.
    ok(&folder, "sign --key sm --envelope e -o e");
    ok(&folder, "verify --envelope e --key ed.pub --key sm.pub");
}

#[test]
fn no_envelope_is_written_that_is_not_read() {
    let folder = keys("limits");
    ok(&folder, "sign --key ed --envelope --payload-type t f -o e");
    let mut json: serde_json::Value = serde_json::from_slice(&bytes(&folder, "e")).unwrap();
    let signature = serde_json::json!({ "keyid": null, "sig": "AAAA" });
    json["signatures"].as_array_mut().unwrap().extend(std::iter::repeat_n(signature, 63));
    folder.file("e", json.to_string().as_bytes());
    let before = bytes(&folder, "e");
    ok(&folder, "verify --envelope e --key ed.pub");
    refused(&folder, "sign --key sm --envelope e -o e", 2, &["[envelope-invalid]", "64 signatures"]);
    assert_eq!(bytes(&folder, "e"), before);
    // Nobody is asked to sign what cannot be written: this signer would fail.
    let large = std::fs::File::create(folder.0.join("large")).unwrap();
    large.set_len((48 << 20) + 1).unwrap();
    let line = "sign --signer false --public ed.pub --envelope --payload-type t large -o new";
    refused(&folder, line, 2, &["[input-too-large]", "sarsen digest"]);
    // 48 MiB are 64 MiB of base64, and leave no room for anything else.
    large.set_len(48 << 20).unwrap();
    let line = "sign --key ed --envelope --payload-type t large -o new";
    refused(&folder, line, 2, &["[input-too-large]", "sarsen digest"]);
    assert!(!exists(&folder, "new"));
}

#[test]
fn envelopes_are_signed_and_verified() {
    let folder = keys("envelopes");
    ok(&folder, "key generate --algorithm ed25519 -o other");
    ok(&folder, "key public other -o other.pub");
    ok(&folder, "sign --key ed --envelope --payload-type text/plain f -o one");
    let both = ok(&folder, "sign --key sm --key ed --envelope one");
    folder.file("both", both.as_bytes());
    assert_eq!(both.matches("\"sig\"").count(), 2, "a key signs once: {both}");
    let verified = ok(&folder, "verify --envelope both --key ed.pub --key sm.pub");
    assert!(verified.ends_with("both: verified, 2 of 2 keys, text/plain\n"), "{verified}");
    ok(
        &folder,
        "verify --envelope both --key other.pub --key sm.pub --threshold 1 --payload-type text/plain -o out",
    );
    assert_eq!(bytes(&folder, "out"), b"bytes that are signed");
    std::fs::remove_file(folder.0.join("out")).unwrap();

    let wrong = sarsen(&folder, "verify --envelope both --key ed.pub --payload-type text/html");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        stdout(&wrong).ends_with("both: NOT verified, 1 of 1 keys, text/plain instead of text/html\n"),
        "{}",
        stdout(&wrong)
    );
    let line = "verify --format json --envelope both --key ed.pub --payload-type text/html";
    let json: serde_json::Value = serde_json::from_slice(&sarsen(&folder, line).stdout).unwrap();
    assert_eq!((&json["verified"], &json["wanted-type"]), (&false.into(), &"text/html".into()));
    let more = ok(&folder, "verify --envelope both --key ed.pub --key sm.pub --key other.pub --threshold 1");
    assert!(more.ends_with("both: verified, 2 of 3 keys, 1 needed, text/plain\n"), "{more}");

    // One key under two names is one signer.
    ok(&folder, "key public ed -o same.pub");
    let twice = "verify --envelope one --key ed.pub --key same.pub --threshold 2";
    refused(&folder, twice, 2, &["[threshold-invalid]", "from 1 to 1"]);
    folder.file(
        "b.pub",
        String::from_utf8(bytes(&folder, "sm.pub")).unwrap().replace("identity: a", "identity: b").as_bytes(),
    );
    let names = "verify --envelope both --key sm.pub --key b.pub --threshold 2";
    refused(&folder, names, 2, &["[key-identity]", "one signer"]);
    refused(&folder, "verify --envelope one --key ed.pub --threshold 0", 2, &["[threshold-invalid]"]);

    // Too few, none, another type, a changed type, a changed payload.
    let forged = |name: &str, from: &str, to: &str| {
        let changed = both.replace(from, to);
        assert_ne!(changed, both);
        folder.file(name, changed.as_bytes());
    };
    forged("type", "text/plain", "text/plaim");
    forged("payload", "\"payload\":\"Yn", "\"payload\":\"Ym");
    let output = "--payload-type text/plain -o out";
    refused(&folder, &format!("verify --envelope one --key ed.pub --key sm.pub {output}"), 1, &[]);
    refused(&folder, &format!("verify --envelope one --key sm.pub {output}"), 6, &[]);
    refused(&folder, &format!("verify --envelope type --key ed.pub {output}"), 6, &[]);
    refused(&folder, "verify --envelope type --key ed.pub", 6, &[]);
    refused(&folder, &format!("verify --envelope payload --key ed.pub {output}"), 6, &[]);
    refused(
        &folder,
        "verify --envelope both --key ed.pub --payload-type text/html -o out",
        1,
        &["text/html"],
    );
    refused(&folder, "verify --envelope both --key ed.pub -o out", 2, &["--payload-type"]);
    assert!(!exists(&folder, "out"), "only what was verified is written");
    refused(&folder, "sign --key ed --envelope f", 2, &["[envelope-invalid]"]);
    refused(&folder, "sign --key ed --envelope --payload-type t f both", 2, &["[output-same]"]);
}

#[test]
fn hostile_envelopes_are_refused_at_once() {
    let folder = keys("hostile");
    folder.file("nested", "[".repeat(60 << 20).as_bytes());
    folder.file("huge", "[".repeat(100 << 20).as_bytes());
    folder.file("objects", "{\"a\":".repeat(10 << 20).as_bytes());
    folder.file("text", b"\xff\xfe\0");
    for (file, words) in [
        ("nested", ["[envelope-invalid]", "recursion limit"]),
        ("objects", ["[envelope-invalid]", "recursion limit"]),
        ("huge", ["[input-too-large]", "64 MiB"]),
        ("text", ["[envelope-invalid]", "is UTF-16"]),
        (".", ["[input-directory]", "directory"]),
    ] {
        refused(&folder, &format!("verify --envelope {file} --key ed.pub"), 2, &words);
    }
}

#[test]
fn options_that_would_be_ignored_are_refused() {
    let folder = keys("ignored");
    ok(&folder, "sign --key ed f");
    ok(&folder, "sign --key ed --envelope --payload-type t f -o one");
    let detached = "verify --key ed.pub --signature f.ed25519.sig f";
    for (line, option) in [
        (format!("{detached} --payload-type t"), "--payload-type"),
        (format!("{detached} --threshold 1"), "--threshold"),
        (format!("{detached} -o out"), "--output"),
        (format!("{detached} --payload-type t -o out"), "--signature"),
        (format!("{detached} --envelope one"), "--envelope"),
        ("verify --key ed.pub --envelope one --raw".into(), "--raw"),
        ("verify --key ed.pub --envelope one f".into(), "--envelope"),
        ("verify --key ed.pub --signature f.ed25519.sig".into(), "FILE"),
        ("verify --key ed.pub f".into(), "<--signature <SIG>|--envelope <FILE>>"),
        ("verify --key ed.pub".into(), "<--signature <SIG>|--envelope <FILE>>"),
        ("sign --key sm --raw --payload-type t f".into(), "--raw"),
        ("sign --key sm --payload-type t f".into(), "--envelope"),
    ] {
        refused(&folder, &line, 2, &[option]);
        let output = sarsen(&folder, &line);
        assert!(stdout(&output).is_empty(), "{line}: {}", stdout(&output));
    }
    assert!(!exists(&folder, "out") && !exists(&folder, "f.sm2.sig"));
}

/// The document of `verify --format json`, which must end with `exit`.
fn verdict(folder: &Folder, line: &str, exit: i32) -> serde_json::Value {
    let output = sarsen(folder, &format!("verify --format json {line}"));
    assert_eq!(output.status.code(), Some(exit), "{line}: {}", stderr(&output));
    assert_eq!(stderr(&output).is_empty(), exit == 0, "{line}: {}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[test]
fn a_wrong_signature_has_a_document_too() {
    let folder = keys("document");
    folder.file("g", b"another file");
    folder.file("none", b"no signature");
    ok(&folder, "sign --key ed --key sm f");
    for line in [
        "--key ed.pub --signature f.ed25519.sig g",
        "--key sm.pub --signature f.sm2.sig g",
        "--key ed.pub --signature none f",
        "--key sm.pub --signature none f",
        "--key sm.pub --signature none --raw f",
    ] {
        let json = verdict(&folder, line, 6);
        assert_eq!((&json["verified"], &json["keys"][0]["signed"]), (&false.into(), &false.into()), "{line}");
        assert_eq!(json["file"].as_str(), line.split(' ').next_back());
        let signature = line.split(' ').nth(3).unwrap();
        refused(&folder, &format!("verify {line}"), 6, &["error[signature-", signature]);
        assert_eq!(stdout(&sarsen(&folder, &format!("verify {line}"))), "", "{line}");
    }
    // What could not be judged has none.
    let output = sarsen(&folder, "verify --format json --key ed.pub --signature absent f");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
}

#[test]
fn a_key_behind_parameters_is_refused_with_the_command_that_helps() {
    let folder = keys("parameters");
    if !has("openssl", &["genpkey", "-algorithm", "SM2"]) {
        return;
    }
    let key = done(&folder, "openssl", &["ecparam", "-name", "SM2", "-genkey"]);
    folder.file("generated", key.as_bytes());
    let hint = "openssl pkey -in FILE -out NEW";
    refused(&folder, "key show generated --identity a", 2, &["[key-invalid]", "PARAMETERS", hint]);
    let command: Vec<_> =
        hint.split(' ').skip(1).map(|word| word.replace("FILE", "generated").replace("NEW", "new")).collect();
    done(&folder, "openssl", &command.iter().map(String::as_str).collect::<Vec<_>>());
    ok(&folder, "sign --key new --identity a f");
}
