use super::*;
use crate::key::{SecretKey, USUAL_IDENTITY};

/// A signer that runs a shell script; the request is its standard input.
fn signer(script: &str, key: &SecretKey) -> External {
    let command: Vec<OsString> = ["sh", "-c", script].map(Into::into).to_vec();
    External::new(&command, key.public().clone()).patience(Duration::from_secs(20))
}

fn keys() -> [SecretKey; 2] {
    [(Algorithm::Ed25519, None), (Algorithm::Sm2, Some(USUAL_IDENTITY))]
        .map(|(algorithm, identity)| SecretKey::generate(algorithm, identity).unwrap())
}

fn answer(sig: &[u8]) -> String {
    format!("cat >/dev/null; echo '{{\"sig\":\"{}\"}}'", Base64::encode_string(sig))
}

#[test]
fn a_right_answer_is_the_signature() {
    for key in keys() {
        let sig = key.sign(b"message").unwrap();
        let external = signer(&answer(&sig), &key);
        assert_eq!(external.sign(b"message").unwrap(), sig);
        assert_eq!(external.sign(b"another").unwrap_err().code, Code::SignerAnswer);
        // It may answer without reading, however long the request is.
        let hasty = signer(answer(&sig).trim_start_matches("cat >/dev/null;"), &key);
        assert_eq!(hasty.sign(&vec![0; 1 << 20]).unwrap_err().code, Code::SignerAnswer);
    }
}

#[test]
fn the_request_says_what_to_sign_and_how() {
    let [ed25519, sm2] = keys();
    // The signer shows the request by failing to be understood.
    let request = |external: External| {
        let said = external.sign(b"message").unwrap_err();
        assert_eq!(said.code, Code::SignerAnswer, "{said}");
    };
    let folder = std::env::temp_dir().join(format!("sarsen-signer-{}", std::process::id()));
    let seen = |external: External| -> serde_json::Value {
        request(external);
        let text = std::fs::read_to_string(&folder).unwrap();
        assert_eq!((text.matches('\n').count(), text.ends_with('\n')), (1, true), "one line");
        serde_json::from_str(&text).unwrap()
    };
    let script = format!("cat >{}", folder.display());
    let base64 = |bytes: &[u8]| Base64::encode_string(bytes);
    assert_eq!(
        seen(signer(&script, &ed25519).handle("0x81000001")),
        serde_json::json!({ "v": 1, "alg": "ed25519", "key": "0x81000001", "mode": "message",
            "public": base64(&ed25519.public().bytes()), "bytes": base64(b"message") })
    );
    assert_eq!(
        seen(signer(&script, &sm2).prehashed(true)),
        serde_json::json!({ "v": 1, "alg": "sm2", "key": "", "identity": USUAL_IDENTITY, "mode": "e",
            "public": base64(&sm2.public().bytes()), "bytes": base64(&sm2.public().prehash(b"message").unwrap()) })
    );
    std::fs::remove_file(&folder).unwrap();
    let error = signer(&script, &ed25519).prehashed(true).sign(b"message").unwrap_err();
    assert_eq!(error.code, Code::KeyUnsupported);
}

#[test]
fn wrong_answers_are_not_used() {
    let [_, key] = keys();
    let sig = Base64::encode_string(&key.sign(b"another message").unwrap());
    for (script, why) in [
        (format!("echo '{{\"sig\":\"{sig}\"}}'"), "signature that is refused"),
        ("echo '{\"sig\":\"\"}'".into(), "signature that is refused"),
        ("echo '{\"sig\":\"*\"}'".into(), "not base64"),
        (format!("echo '{{\"sig\":\"{sig}\",\"sig\":\"{sig}\"}}'"), "two members"),
        (format!("echo '{{\"sig\":\"{sig}\",\"x\":1}}'"), "unknown field `x`"),
        (format!("echo '[\"{sig}\"]'"), "invalid type: sequence"),
        ("echo '{}'".into(), "missing field `sig`"),
        ("echo garbage".into(), "does not answer with"),
        ("printf '\\377\\000'".into(), "does not answer with"),
        ("true".into(), "does not answer with"),
        ("yes".into(), "more than 65536 bytes"),
    ] {
        let error = signer(&script, &key).sign(b"message").unwrap_err();
        assert_eq!(error.code, Code::SignerAnswer, "{script}: {error}");
        assert!(error.message.contains(why), "{script}: {error}");
    }
}

#[test]
fn signers_that_fail() {
    let [key, _] = keys();
    let sig = answer(&key.sign(b"message").unwrap());
    for (script, patience, why) in [
        (format!("{sig}; exit 3"), 20_000, "exit status: 3"),
        ("kill -9 $$".into(), 20_000, "signal: 9"),
        ("exec sleep 600".into(), 200, "was not done after"),
        ("exec >&-; exec sleep 600".into(), 200, "was not done after"),
        ("sleep 9 & exit 0".into(), 4_000, "keeps its answer open"),
    ] {
        let signer = signer(&script, &key).patience(Duration::from_millis(patience));
        let error = signer.sign(b"message").unwrap_err();
        assert_eq!(error.code, Code::SignerFailed, "{script}: {error}");
        assert!(error.message.contains(why), "{script}: {error}");
    }
    for command in [vec![], vec!["/nonexistent/signer".into()], vec!["/".into()]] {
        let error = External::new(&command, key.public().clone()).sign(b"message").unwrap_err();
        assert_eq!(error.code, Code::SignerFailed, "{error}");
    }
}
