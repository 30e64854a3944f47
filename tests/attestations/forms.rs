//! Bundles that are something else as a whole: one error says what, and the command in it makes a bundle that counts.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::slice;

use sarsen::envelope::IN_TOTO;
use serde_json::json;

use super::*;

/// Runs `command` in a shell, or says that its program is not there.
fn shell(folder: &Path, command: &str, input: &[u8]) -> Option<Vec<u8>> {
    let program = command.split(' ').next()?;
    if !Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success()) {
        support::skip(&format!("{program} is not on this machine"));
        return None;
    }
    let mut child = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let writes = input.to_vec();
    let writer = std::thread::spawn(move || pipe.write_all(&writes));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{command}");
    Some(output.stdout)
}

/// The command that a message names.
fn command<'a>(name: &str, said: &'a str) -> &'a str {
    said.split('`').nth(1).unwrap_or_else(|| panic!("{name}: {said}"))
}

/// Does what the message says with `given`, and gives what came of it.
fn mended(name: &str, said: &str, given: &[u8]) -> Option<Vec<u8>> {
    let folder = Folder::new(&format!("forms-{}", name.replace([' ', ',', '.'], "-")));
    folder.file("FILE", given);
    shell(&folder.0, command(name, said), b"")?;
    Some(std::fs::read(folder.0.join("NEW")).unwrap())
}

fn values(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn sigstore(envelope: &Value) -> Value {
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": "a"}, "tlogEntries": []},
        "dsseEnvelope": envelope,
    })
}

fn pretty(values: &[Value]) -> String {
    values.iter().map(|value| serde_json::to_string_pretty(value).unwrap() + "\n").collect()
}

fn one_a_line(values: &[Value]) -> String {
    values.iter().map(|value| value.to_string() + "\n").collect()
}

/// The bundle whose two lines count, in other forms, and what the error calls each.
fn forms() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let lines = utility_line() + &laboratory_line();
    let envelopes = values(&lines);
    let wrapped: Vec<Value> = envelopes.iter().map(sigstore).collect();
    let github: Vec<Value> = wrapped.iter().map(|bundle| json!({"bundle": bundle})).collect();
    let wide = |order: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
        format!("{mark}{lines}").encode_utf16().flat_map(order).collect()
    };
    let text = |name, text: String, what| (name, text.into_bytes(), what);
    vec![
        text("pretty envelopes", pretty(&envelopes), "not one a line"),
        text("envelopes on one line", lines.replace('\n', ""), "not one a line"),
        text("a list", json!(envelopes).to_string(), "a JSON list of envelopes"),
        text("a pretty list", pretty(&[json!(envelopes)]), "a JSON list of envelopes"),
        text("a list by lines", format!("[\n{}\n]\n", lines.trim_end().replace('\n', ",\n")), "a JSON list"),
        text("Sigstore by lines", one_a_line(&wrapped), "holds Sigstore bundles"),
        text("pretty Sigstore", pretty(&wrapped), "holds Sigstore bundles"),
        text("a list of Sigstore", json!(wrapped).to_string(), "a JSON list of Sigstore bundles"),
        text("a pretty list of Sigstore", pretty(&[json!(wrapped)]), "a JSON list of Sigstore bundles"),
        text("an answer of GitHub", json!({"attestations": github}).to_string(), "at .attestations[].bundle"),
        text("commas", lines.replace('\n', ",\r\n"), "a comma"),
        ("UTF-16 marked", wide(u16::to_le_bytes, "\u{feff}"), "is UTF-16"),
        ("UTF-16 big and marked", wide(u16::to_be_bytes, "\u{feff}"), "is UTF-16"),
        ("UTF-16 little", wide(u16::to_le_bytes, ""), "is UTF-16"),
        ("UTF-16 big", wide(u16::to_be_bytes, ""), "is UTF-16"),
    ]
}

/// What is said of the bundle under the policy, in a folder that no other test has.
fn judged(name: &str, bundle: &[u8]) -> Said {
    judge(&format!("form of {name}"), &policy(), &trust(), bundle, &[b"program"])
}

/// The one error of a bundle that is refused as a whole.
fn only_error(name: &str, bundle: &[u8], what: &str) -> String {
    let said = judged(name, bundle);
    assert_eq!((said.exit, codes(&said.stderr)), (2, vec!["envelope-invalid"]), "{name}: {}", said.stderr);
    assert!(said.stderr.contains(what) && said.json.is_null(), "{name}: {}", said.stderr);
    said.stderr
}

#[test]
fn what_holds_envelopes_is_said_once_and_mended_by_the_command_that_is_named() {
    for (name, bundle, what) in forms() {
        let error = only_error(name, &bundle, what);
        let documented = command(name, &error).replace("UTF-16LE", "UTF-16").replace("UTF-16BE", "UTF-16");
        let page = include_str!("../../docs/formats/bundle.md");
        assert!(page.contains(&format!("| `{documented}` |")), "{name}: {documented}");
        let Some(new) = mended(name, &error, &bundle) else { continue };
        let said = judged(name, &new);
        assert_eq!((said.exit, said.stderr.as_str()), (0, ""), "{name}");
        assert_eq!(said.standings(), COUNT, "{name}");
    }
}

#[test]
fn compressed_bundles_are_unpacked_by_the_command_that_is_named() {
    let lines = utility_line() + &laboratory_line();
    for program in ["gzip", "zstd", "xz"] {
        let folder = Folder::new(&format!("forms-pack-{program}"));
        let Some(packed) = shell(&folder.0, &format!("{program} -c"), lines.as_bytes()) else { continue };
        let error = only_error(program, &packed, &format!("compressed by {program}"));
        assert_eq!(mended(program, &error, &packed).unwrap(), lines.as_bytes());
    }
}

/// A line is mended where it is: what the other lines hold must be there afterwards.
#[test]
fn lines_of_another_form_do_not_hide_the_others_and_are_mended_among_them() {
    let (utility, laboratory) = (utility_line(), laboratory_line());
    let [envelope] = values(&laboratory).try_into().unwrap();
    let one = sigstore(&envelope);
    for (name, other) in [
        ("a Sigstore line", format!("{one}\n{one}\n{one}\n")),
        ("a line that is a list", format!("{}\n", json!([envelope]))),
        ("a line that is a list of Sigstore", format!("{}\n", json!([one]))),
        ("a pretty envelope among lines", pretty(slice::from_ref(&envelope))),
        ("pretty Sigstore among lines", pretty(slice::from_ref(&one))),
        ("a line with a comma", format!("{},\n", laboratory.trim_end())),
        ("a mark", format!("\u{feff}{laboratory}")),
    ] {
        let bundle = other + &utility;
        let said = judged(name, bundle.as_bytes());
        let expected = (2, vec!["envelope-invalid", "threshold-not-met"]);
        assert_eq!((said.exit, codes(&said.stderr)), expected, "{name}: {}", said.stderr);
        assert_eq!(said.standings(), ["utility-1 counts"], "{name}");
        let Some(new) = mended(name, &said.stderr, bundle.as_bytes()) else { continue };
        let said = judged(name, &new);
        assert_eq!((said.exit, said.stderr.as_str()), (0, ""), "{name}");
    }
}

/// What nobody signed is no bundle, and no command makes one of it for whoever only holds it.
#[test]
fn what_holds_no_envelope_is_named() {
    let statement = serde_json::to_value(produced("utility.example", "app", APP)).unwrap();
    let payload = values(&utility_line())[0]["payload"].as_str().unwrap().to_owned();
    let file = json!({"mediaType": "m", "messageSignature": {"messageDigest": {}, "signature": "AA=="}});
    let jws = json!({"payload": payload, "signatures": [{"protected": "e30", "signature": "AA"}]});
    for (name, bundle, what) in [
        ("a statement", statement.to_string(), "statement that nobody signed"),
        ("a pretty statement", pretty(slice::from_ref(&statement)), "statement that nobody signed"),
        ("statements", one_a_line(&[statement.clone(), statement.clone()]), "statement that nobody signed"),
        ("a payload", format!("{payload}\n"), "without the signatures"),
        ("a JWS in JSON", pretty(&[jws]), "is a JWS"),
        ("a JWS", "eyJhbGciOiJFZERTQSJ9.e30.AAAA\n".into(), "is a JWS"),
        ("a file's signature", pretty(&[file]), "without a statement"),
        ("NUL", "\0".repeat(4096), "nothing but NUL bytes"),
        ("a program", "\x7fELF\x02\x01\x01\0\n\n\0\n".into(), "is no text: byte 8"),
        ("a page", "<html>\n<body>\n".repeat(100), "none of the 200 lines is an envelope"),
    ] {
        only_error(name, bundle.as_bytes(), what);
    }
    // Whoever made the statement signs it with the command.
    let text = pretty(&[statement]);
    let error = only_error("a statement to sign", text.as_bytes(), "only whoever made it");
    let sign = format!("sarsen sign --key KEY --envelope --payload-type {IN_TOTO} FILE > NEW");
    assert_eq!(error.split('`').nth(1), Some(sign.as_str()));
    let folder = Folder::new("forms-sign");
    folder.private("KEY", utility().pem().as_bytes());
    folder.file("FILE", text.as_bytes());
    let sign = sign.replacen("sarsen", env!("CARGO_BIN_EXE_sarsen"), 1);
    shell(&folder.0, &sign, b"").unwrap();
    let bundle = std::fs::read(folder.0.join("NEW")).unwrap();
    let said = judged("a statement that is signed", &bundle);
    assert_eq!(said.standings(), ["utility-1 counts"], "{}", said.stderr);
    // Nothing is stated by nothing.
    for bundle in ["", "\n\r\n"] {
        let said = judged("nothing", bundle.as_bytes());
        assert_eq!((said.exit, codes(&said.stderr)), (1, vec!["threshold-not-met"]));
    }
}

#[test]
fn one_envelope_is_taken_out_of_what_is_given_to_verify_and_sign() {
    let folder = Folder::new("forms-envelope");
    let key = folder.private("key", utility().pem().as_bytes());
    folder.file("utility.pub", sarsen::key::Sign::public(&utility()).pem().as_bytes());
    let public = folder.0.join("utility.pub").to_string_lossy().into_owned();
    let mut forms = forms();
    forms.push(("lines", (utility_line() + &laboratory_line()).into_bytes(), "holds several envelopes"));
    forms.retain(|(name, ..)| {
        !name.starts_with("UTF-16") && !["commas", "Sigstore by lines", "pretty Sigstore"].contains(name)
    });
    let one = pretty(&[sigstore(&values(&utility_line())[0])]);
    forms.push(("one Sigstore", one.into_bytes(), "is a Sigstore bundle"));
    for (name, given, what) in forms {
        let what = if what == "not one a line" { "holds several envelopes" } else { what };
        let file = folder.file("given", &given);
        for arguments in [
            vec!["verify", "--key", &public, "--envelope", &file],
            vec!["sign", "--key", &key, "--envelope", &file],
        ] {
            let output = sarsen(&arguments);
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{name}: {said}");
            assert!(said.contains("[envelope-invalid]") && said.contains(what), "{name}: {said}");
            let Some(new) = mended(&format!("{name} for one"), &said, &given) else { continue };
            let new = folder.file("new", &new);
            let output = sarsen(&[&arguments[..4], &[new.as_str()]].concat());
            assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
        }
    }
}
