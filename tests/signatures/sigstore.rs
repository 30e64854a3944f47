//! Sigstore's bundle around our envelopes, read by Sigstore's Python packages, and our envelopes out of it again.

use super::*;

/// What a script of the packages prints.
fn library(folder: &Folder, script: &str) -> String {
    let start = "from sigstore.dsse import Envelope\n\
                 from sigstore.models import Bundle as Client\n\
                 from sigstore_models.bundle.v1 import Bundle\n\
                 def attempt(work):\n    \
                     try: print('done', work())\n    \
                     except Exception as error: print(type(error).__name__, error)\n";
    done(folder, &python(), &["-c", &format!("{start}{script}")])
}

#[test]
fn a_bundle_holds_an_envelope_of_one_signature() {
    if !has(&python(), &["-c", "import sigstore.dsse, sigstore_models.bundle.v1"])
        || !has("jq", &["--version"])
    {
        return;
    }
    let folder = Folder::new("signatures-sigstore");
    folder.file("f", b"bytes that are signed");
    for (key, algorithm) in [("a", "ed25519"), ("b", "sm2 --identity i")] {
        ok(&folder, &format!("key generate --algorithm {algorithm} -o {key}"));
        ok(&folder, &format!("key public {key} -o {key}.pub"));
    }
    ok(&folder, "sign --key a --key b --envelope --payload-type text/plain f -o FILE.dsse");
    // As the page says: a bundle for each signature, and back.
    done(&folder, "sh", &["-ec", example("sh", "dsseEnvelope")]);
    let said = library(
        &folder,
        "for number, line in enumerate(open('FILE.sigstore.jsonl')):\n    \
             bundle = Bundle.from_json(line)\n    \
             same = bundle.verification_material.public_key.hint == bundle.dsse_envelope.signatures[0].keyid\n    \
             attempt(lambda: (same, Envelope._from_json(bundle.dsse_envelope.to_json())._inner.payload))\n    \
             open(f'bundle-{number}', 'w').write(bundle.to_json())\n\
         attempt(lambda: Envelope._from_json(open('FILE.dsse').read()))\n\
         attempt(lambda: Bundle.from_json(open('FILE.dsse').read()))\n\
         attempt(lambda: Client.from_json(line))",
    );
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[..2], ["done (True, b'bytes that are signed')"; 2], "{said}");
    assert!(lines[2].starts_with("InvalidEnvelope") && lines[2].contains("exactly one signature"), "{said}");
    assert!(said.contains("\nValidationError"), "{said}");
    assert!(said.ends_with("InvalidBundle expected certificate in bundle\n"), "{said}");
    let taken = String::from_utf8(bytes(&folder, "FILE.intoto.jsonl")).unwrap();
    assert_eq!(taken.lines().count(), 2);
    for (number, (line, key)) in taken.lines().zip(["a", "b"]).enumerate() {
        folder.file("one", line.as_bytes());
        ok(&folder, &format!("verify --envelope one --key {key}.pub --payload-type text/plain -o out"));
        assert_eq!(bytes(&folder, "out"), b"bytes that are signed");
        // What Sigstore's package has written itself, by the command that the error names.
        let verify = format!("verify --envelope bundle-{number} --key {key}.pub");
        let error = stderr(&sarsen(&folder, &verify));
        assert!(error.contains("[envelope-invalid]") && error.contains("is a Sigstore bundle"), "{error}");
        let command = error.split('`').nth(1).unwrap();
        let command = command.replace("FILE", &format!("bundle-{number}")).replace("NEW", "new");
        done(&folder, "sh", &["-ec", &command]);
        ok(&folder, &verify.replace(&format!("bundle-{number}"), "new"));
    }
}
