//! securesystemslib, the library of in-toto and TUF, verifies the signatures in our envelopes, and we those in its own.

use super::*;

/// What a script of the package prints; `keys` makes one of its keys of a file under a key id.
fn library(folder: &Folder, script: &str) -> String {
    let start = "import json\n\
                 from cryptography.hazmat.primitives.serialization import load_pem_public_key\n\
                 from securesystemslib.dsse import Envelope\n\
                 from securesystemslib.signer import CryptoSigner, SSlibKey\n\
                 envelope = lambda file: Envelope.from_dict(json.load(open(file)))\n\
                 key = lambda file, id: SSlibKey.from_crypto(load_pem_public_key(open(file, 'rb').read()), keyid=id)\n\
                 def attempt(work):\n    \
                     try: print('done', sorted(work()))\n    \
                     except Exception as error: print(type(error).__name__, error)\n";
    done(folder, &python(), &["-c", &format!("{start}{script}")])
}

fn has_library() -> bool {
    has(&python(), &["-c", "import securesystemslib.dsse, cryptography"])
}

fn id(folder: &Folder, file: &str) -> String {
    let shown = ok(folder, &format!("key show {file}"));
    shown.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned()
}

/// An envelope of ours, signed by two keys of Ed25519 and one of SM2.
fn signed(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.file("f", b"bytes that are signed");
    for (key, algorithm) in [("a", "ed25519"), ("b", "ed25519"), ("c", "ed25519"), ("sm", "sm2 --identity i")]
    {
        ok(&folder, &format!("key generate --algorithm {algorithm} -o {key}"));
        ok(&folder, &format!("key public {key} -o {key}.pub"));
    }
    ok(&folder, "sign --key a --key sm --key b --envelope --payload-type text/plain f -o FILE.dsse");
    folder
}

#[test]
fn our_signatures_are_verified_by_key_id() {
    if !has_library() {
        return;
    }
    let folder = signed("signatures-securesystemslib");
    let [a, b, c] = ["a.pub", "b.pub", "c.pub"].map(|file| id(&folder, file));
    // As the page says.
    let example = example("python", "securesystemslib");
    assert!(example.contains("\"sha256:…\""));
    done(&folder, &python(), &["-c", &example.replace("sha256:…", &a)]);
    let other = run(&folder, &python(), &["-c", &example.replace("sha256:…", &b)]);
    assert!(stderr(&other).contains("VerificationError"), "{}", stderr(&other));
    let text = String::from_utf8(bytes(&folder, "FILE.dsse")).unwrap();
    folder.file("changed", text.replacen("text/plain", "text/plaiN", 1).as_bytes());
    let said = library(
        &folder,
        &format!(
            "both = [key('a.pub', '{a}'), key('b.pub', '{b}')]\n\
             attempt(lambda: [id[:7] for id in envelope('FILE.dsse').verify(both, 2)])\n\
             attempt(lambda: envelope('changed').verify(both, 1))\n\
             attempt(lambda: envelope('FILE.dsse').verify([key('c.pub', '{c}')], 1))\n\
             attempt(lambda: envelope('FILE.dsse').verify([SSlibKey.from_crypto(load_pem_public_key(open('a.pub', 'rb').read()))], 1))"
        ),
    );
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.len() == 4 && lines[0] == "done ['sha256:', 'sha256:']", "{said}");
    assert!(
        lines[1..].iter().all(|line| line.starts_with("VerificationError ") && line.contains("Found: 0")),
        "{said}"
    );
}

/// What the page warns of: key ids must be there and differ, and they are what is counted.
#[test]
fn key_ids_decide_there() {
    if !has_library() {
        return;
    }
    let folder = signed("signatures-securesystemslib-ids");
    let a = id(&folder, "a.pub");
    let envelope: serde_json::Value = serde_json::from_slice(&bytes(&folder, "FILE.dsse")).unwrap();
    let one = envelope["signatures"][0].clone();
    for (name, ids) in
        [("none", [None, Some("x")]), ("same", [Some("x"), Some("x")]), ("two", [Some("x"), Some("y")])]
    {
        let signatures = ids.map(|id| {
            let mut signature = one.clone();
            signature["keyid"] = id.into();
            if id.is_none() {
                signature.as_object_mut().unwrap().remove("keyid");
            }
            signature
        });
        let mut changed = envelope.clone();
        changed["signatures"] = signatures.to_vec().into();
        folder.file(name, changed.to_string().as_bytes());
        // Here it is one signer in each case.
        ok(&folder, &format!("verify --envelope {name} --key a.pub"));
        refused(&folder, &format!("verify --envelope {name} --key a.pub --key b.pub"), 1, &[]);
    }
    let said = library(
        &folder,
        &format!(
            "attempt(lambda: envelope('none').verify([key('a.pub', '{a}')], 1))\n\
             attempt(lambda: envelope('same').verify([key('a.pub', 'x')], 1))\n\
             attempt(lambda: envelope('two').verify([key('a.pub', 'x'), key('a.pub', 'y')], 2))"
        ),
    );
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("KeyError") && lines[1].starts_with("ValueError"), "{said}");
    assert_eq!(lines[2], "done ['x', 'y']", "one key is two signers there");
}

#[test]
fn its_signatures_are_verified_by_us() {
    if !has_library() {
        return;
    }
    let folder = signed("signatures-securesystemslib-theirs");
    let script = "from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat\n\
                  signer = CryptoSigner.generate_ed25519()\n\
                  pem = bytes.fromhex(signer.public_key.keyval['public'])\n\
                  from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey\n\
                  pem = Ed25519PublicKey.from_public_bytes(pem).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)\n\
                  open('their.pub', 'wb').write(pem)\n\
                  own, ours = Envelope(b'their bytes', 'text/plain', {}), envelope('FILE.dsse')\n\
                  for each, file in [(own, 'own'), (ours, 'ours')]:\n    \
                      each.sign(signer)\n    \
                      json.dump(each.to_dict(), open(file, 'w'), indent=2)";
    library(&folder, script);
    ok(&folder, "verify --envelope own --key their.pub --payload-type text/plain -o out");
    assert_eq!(bytes(&folder, "out"), b"their bytes");
    ok(&folder, "verify --envelope ours --key a.pub --key sm.pub --key b.pub --key their.pub");
    refused(&folder, "verify --envelope own --key a.pub", 6, &[]);
    let text = String::from_utf8(bytes(&folder, "own")).unwrap();
    folder.file("changed", text.replacen("text/plain", "text/plaiN", 1).as_bytes());
    refused(&folder, "verify --envelope changed --key their.pub", 6, &[]);
    // And it takes our signature beside its own.
    ok(&folder, "sign --key c --envelope own -o own");
    ok(&folder, "verify --envelope own --key their.pub --key c.pub");
}
