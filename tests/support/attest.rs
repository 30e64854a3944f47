//! Keys from seeds, statements of made-up builders, and the files that verifying them wants.

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding};
use sarsen::digest::{Digests, hex, sha256};
use sarsen::envelope::{Envelope, IN_TOTO};
use sarsen::key::{SecretKey, Sign};
use sarsen::nar;
use sarsen::statement::rebuild::{
    self, Attempt, Builder, BuiltBy, Clock, Difference, Environment, Input, Making, Origin, Other, Outcome,
    Output, Recipe, Run, Settings, Source, Verdict, v1,
};
use sarsen::statement::{Rebuild, Size, Statement, Subject};
use serde_json::{Value, json};

/// The identity of all SM2 keys here.
pub const IDENTITY: &str = "1234567812345678";

/// The key of a cache, as Nix writes it.
pub const CACHE: &str = "cache.example-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=";
/// The same key under another name.
pub const CACHE_RENAMED: &str = "mirror-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=";
/// Another key under the name of the first: that of RFC 8032, section 7.1, test 1.
pub const CACHE_OTHER: &str = "cache.example-1:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

/// A private key in PEM from the start of its PKCS#8 form and a seed.
fn pem(start: &[u8], seed: u8) -> String {
    let der = [start, &[seed; 32]].concat();
    let text = Base64::encode_string(&der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

/// The Ed25519 key whose 32 secret bytes are all `seed` (RFC 8410 section 7).
pub fn ed25519(seed: u8) -> SecretKey {
    let start = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    SecretKey::parse(pem(&start, seed).as_bytes(), "the test's key", None).expect("it is a key")
}

/// The SM2 key whose 32 secret bytes are all `seed` (RFC 5915 in PKCS#8).
pub fn sm2(seed: u8, identity: &str) -> SecretKey {
    let start = [
        0x30, 0x41, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x81, 0x1c,
        0xcf, 0x55, 1, 0x82, 0x2d, 4, 0x27, 0x30, 0x25, 2, 1, 1, 4, 0x20,
    ];
    SecretKey::parse(pem(&start, seed).as_bytes(), "the test's key", Some(identity)).expect("it is a key")
}

/// SHA-256 of `text` in hexadecimal.
pub fn digest(text: &str) -> String {
    hex(&sha256(text.as_bytes()))
}

fn one(name: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

/// Digests of the files of an output and of the whole. The NAR is that of no real folder; only that it changes matters.
pub fn subjects(files: &[(&str, &[u8])]) -> Vec<Subject> {
    let mut whole = Vec::new();
    let mut subjects: Vec<Subject> = files
        .iter()
        .map(|(name, bytes)| {
            whole.extend(name.bytes().chain(bytes.iter().copied()));
            let digests = Digests::of(bytes);
            let digest = [("sha256", hex(&digests.sha256)), ("sm3", hex(&digests.sm3))]
                .map(|(name, hex)| (name.to_owned(), hex));
            Subject {
                name: (*name).to_owned(),
                digest: BTreeMap::from(digest),
                annotations: Some(Size { size: digests.size }),
            }
        })
        .collect();
    subjects.push(Subject {
        name: "nar:out".into(),
        digest: one("sha256", &hex(&sha256(&whole))),
        annotations: None,
    });
    subjects
}

/// What is stated of whole outputs, by their subjects: all of one origin.
pub fn outputs(subjects: &[Subject], origin: Making, signers: &[&str]) -> Vec<Output> {
    let output = |subject: &Subject| {
        let name = subject.name.strip_prefix("nar:")?;
        let sha256: [u8; 32] = std::array::from_fn(|at| {
            u8::from_str_radix(&subject.digest["sha256"][2 * at..][..2], 16).expect("it is hexadecimal")
        });
        Some(Output {
            name: name.to_owned(),
            path: format!("/nix/store/{}-app-{name}", &digest(name)[..32]),
            nar_hash: nar::sri(&sha256),
            origin,
            signers: signers.iter().map(|signer| (*signer).to_owned()).collect(),
        })
    };
    subjects.iter().filter_map(output).collect()
}

/// The same statement about outputs of another origin.
pub fn with_origin(
    mut statement: Statement<Rebuild>,
    origin: Making,
    signers: &[&str],
) -> Statement<Rebuild> {
    statement.predicate.outputs = outputs(&statement.subject, origin, signers);
    statement
}

/// The same statement about inputs of which this run's builder copied none.
pub fn with_own_inputs(mut statement: Statement<Rebuild>) -> Statement<Rebuild> {
    for input in &mut statement.predicate.closure {
        input.origin = Origin::Built;
        input.signers.clear();
    }
    statement
}

/// A statement: `organisation` built `drv` and got `files`, with everything that it copied signed by [`CACHE`].
pub fn produced(organisation: &str, drv: &str, files: &[(&str, &[u8])]) -> Statement<Rebuild> {
    let closure = (0..5u8).map(|n| Input {
        path: format!("/nix/store/{}-input-{n}", &digest(&n.to_string())[..32]),
        nar_hash: format!("sha256-{}", Base64::encode_string(&sha256(&[n]))),
        origin: if n < 3 { Origin::Built } else { Origin::Substituted },
        signers: if n < 3 { Vec::new() } else { vec![CACHE.into()] },
    });
    let subject = subjects(files);
    let predicate = Rebuild {
        source: Source {
            uri: Some("git+https://git.example/app".into()),
            digest: one("gitCommit", &digest("commit")[..40]),
            nar_hash: format!("sha256-{}", Base64::encode_string(&sha256(b"source"))),
            dirty: false,
            flake_lock: Some(one("sha256", &digest("flake.lock"))),
            cargo_lock: None,
            inputs: Vec::new(),
        },
        recipe: Recipe {
            attribute: "packages.x86_64-linux.arm64".into(),
            drv_path: format!("/nix/store/{}-app.drv", &digest(drv)[..32]),
            drv_digest: one("sha256", &digest(drv)),
            outputs: vec!["out".into()],
            system: "x86_64-linux".into(),
            nix: "nix 2.26.3".into(),
            pure: true,
        },
        outputs: outputs(&subject, Making::Built, &[]),
        closure: closure.collect(),
        environment: Environment {
            kernel: "6.12.48".into(),
            machine: "x86_64".into(),
            cpu: "some".into(),
            built_by: BuiltBy::Nix,
            settings: Some(Settings {
                sandbox: "true".into(),
                sandbox_fallback: false,
                sandbox_paths: Vec::new(),
                hooks: Vec::new(),
                builders: Vec::new(),
                substituters: Vec::new(),
                trusted_public_keys: vec![CACHE.into()],
                max_jobs: "2".into(),
                cores: 0,
            }),
        },
        builder: Builder {
            id: format!("https://builds.{organisation}/app"),
            organisation: organisation.into(),
            keys: Vec::new(),
        },
        run: Run {
            invocation_id: format!("run of {organisation}"),
            started_on: "2026-11-25T07:30:00Z".into(),
            finished_on: "2026-11-25T07:59:59Z".into(),
            clock: Clock::Synchronised,
            attempt: Attempt::First,
        },
        verdict: Verdict {
            result: Outcome::Produced,
            expected: Vec::new(),
            found: Vec::new(),
            difference: None,
            reason: None,
        },
    };
    Statement::new(subject, rebuild::TYPE, predicate)
}

/// The same about a build that gave other bytes than `expected`.
pub fn differs(
    organisation: &str,
    drv: &str,
    got: &[(&str, &[u8])],
    expected: &[(&str, &[u8])],
) -> Statement<Rebuild> {
    let mut statement = produced(organisation, drv, got);
    statement.predicate.verdict = Verdict {
        result: Outcome::Differs,
        expected: subjects(expected),
        found: Vec::new(),
        difference: Some(Difference {
            path: got[0].0.into(),
            from: Other::Expected,
            summary: vec!["byte 3 of 7".into()],
        }),
        reason: None,
    };
    statement
}

/// The same about a build that gave nothing.
pub fn failed(organisation: &str, drv: &str) -> Statement<Rebuild> {
    let mut statement = produced(organisation, drv, &[]);
    let path = &statement.predicate.recipe.drv_path;
    statement.subject =
        vec![Subject { name: format!("drv:{path}"), digest: one("sha256", &digest(drv)), annotations: None }];
    statement.predicate.outputs.clear();
    statement.predicate.verdict.result = Outcome::Failed;
    statement.predicate.verdict.reason = Some("the disk was full".into());
    statement
}

/// The statement in an envelope on one line, signed by each of `keys`.
pub fn line(statement: &Statement<Rebuild>, keys: &[&SecretKey]) -> String {
    signed(IN_TOTO, serde_json::to_vec(statement).expect("it has a JSON form"), keys).to_json() + "\n"
}

/// What a statement was in the first version: nothing of outputs, and signers by their names.
pub fn first_version(statement: &Statement<Rebuild>) -> Value {
    let mut value = serde_json::to_value(statement).expect("it has a JSON form");
    value["predicateType"] = v1::TYPE.into();
    let predicate = &mut value["predicate"];
    let members = |value: &mut Value, names: &[&str]| {
        let map = value.as_object_mut().into_iter();
        map.for_each(|map| names.iter().for_each(|name| drop(map.remove(*name))));
    };
    members(predicate, &["outputs"]);
    members(&mut predicate["verdict"], &["found"]);
    if predicate["verdict"].get("difference").is_some() {
        members(&mut predicate["verdict"]["difference"], &["from"]);
    }
    for input in predicate["closure"].as_array_mut().into_iter().flatten() {
        for signer in input.get_mut("signers").and_then(Value::as_array_mut).into_iter().flatten() {
            *signer = signer.as_str().and_then(|key| key.split(':').next()).unwrap_or_default().into();
        }
    }
    predicate["environment"] = json!({
        "kernel": "6.12.48", "machine": "x86_64", "cpu": "some", "sandbox": "true", "sandboxFallback": false,
        "sandboxPaths": [], "substituters": [], "trustedPublicKeys": [CACHE], "maxJobs": "2", "cores": 0,
    });
    value
}

/// [`line`] of the first version.
pub fn first_line(statement: &Statement<Rebuild>, keys: &[&SecretKey]) -> String {
    signed(IN_TOTO, first_version(statement).to_string().into_bytes(), keys).to_json() + "\n"
}

/// A signed envelope around anything.
pub fn signed(payload_type: &str, payload: Vec<u8>, keys: &[&SecretKey]) -> Envelope {
    let mut envelope = Envelope::new(payload_type, payload);
    for key in keys {
        envelope.sign(*key).expect("keys sign");
    }
    envelope
}

/// An entry of a trust store.
pub fn entry(name: &str, organisation: &str, key: &SecretKey, more: &str) -> String {
    let public = key.public();
    let identity =
        public.identity().map_or_else(String::new, |identity| format!("identity = \"{identity}\"\n"));
    format!(
        "[[key]]\nname = \"{name}\"\norganisation = \"{organisation}\"\nalgorithm = \"{}\"\nbytes = \"{}\"\n{identity}{more}\n",
        public.algorithm().as_str(),
        Base64::encode_string(&public.bytes())
    )
}
