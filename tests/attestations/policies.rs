//! What a policy decides, and which policies and stores are refused.

use sarsen::key::Sign;

use super::*;

#[test]
fn the_policy_decides_what_blocks_and_what_counts() {
    let good = utility_line() + &laboratory_line();
    let dissent = line(&produced("vendor.example", "app", OTHER), &[&vendor()]);
    let failure = line(&failed("vendor.example", "app"), &[&vendor()]);
    let both = line(&produced("utility.example", "app", APP), &[&utility(), &utility_sm2()]);
    let one_sided = "algorithms = [\"ed25519\", \"sm2\"]\nallow-single-organisation = true\n";
    let suite = policy_with(one_sided).replace("threshold = 2", "threshold = 1");
    let built = |maximum: usize| {
        policy() + &format!("[independence]\nrequire = \"built\"\nmax-substituted = {maximum}\n")
    };
    let distinct = policy() + "[independence]\nrequire = \"distinct\"\n";
    let own = with_own_inputs(produced("laboratory.example", "app", APP));
    let signed_by = |key: &str| {
        let mut statement = produced("laboratory.example", "app", APP);
        for input in statement.predicate.closure.iter_mut().filter(|input| !input.signers.is_empty()) {
            input.signers = vec![key.to_owned()];
        }
        statement
    };
    let by_laboratory = |statement: &Statement<Rebuild>| utility_line() + &line(statement, &[&laboratory()]);
    let mut arm = produced("laboratory.example", "app for arm", APP);
    arm.predicate.recipe.attribute = "packages.aarch64-linux.arm64".into();
    let any = policy_with("any-system = true")
        + &format!(
            "[[recipe]]\nattribute = \"packages.aarch64-linux.arm64\"\ndrv-sha256 = \"{}\"\n",
            digest("app for arm")
        );
    let locked = policy() + &format!("flake-lock-sha256 = \"{}\"\n", digest("flake.lock"));
    let sha256 = policy_with("digests = [\"sha256\"]");
    let mut short = produced("laboratory.example", "app", APP);
    short.subject.iter_mut().for_each(|subject| drop(subject.digest.remove("sm3")));
    for (name, policy, bundle, exit, opinions) in [
        ("dissent is reported", policy_with("dissent = \"warn\""), good.clone() + &dissent, 0, 2),
        ("a failed build blocks", policy_with("failures = \"block\""), good.clone() + &failure, 1, 2),
        ("one algorithm of two", suite.clone(), good.clone(), 1, 0),
        ("both algorithms", suite, both, 0, 1),
        ("copied inputs", built(0), good.clone(), 1, 0),
        ("few copied inputs", built(2), good.clone(), 0, 2),
        ("few copied inputs of one", built(1), by_laboratory(&own), 1, 1),
        ("inputs from one hand", distinct.clone(), good.clone(), 1, 1),
        ("own inputs", distinct.clone(), by_laboratory(&own), 0, 2),
        ("inputs by another key", distinct.clone(), by_laboratory(&signed_by(CACHE_OTHER)), 0, 2),
        ("one key by two names", distinct, by_laboratory(&signed_by(CACHE_RENAMED)), 1, 1),
        ("any system", any, by_laboratory(&arm), 0, 2),
        ("the other system", policy(), by_laboratory(&arm), 1, 1),
        ("the lock file", locked.clone(), good.clone(), 0, 2),
        ("another lock file", locked.replace(&digest("flake.lock"), &digest("other")), good.clone(), 1, 0),
        ("one digest is enough", sha256, by_laboratory(&short), 0, 2),
        ("all of three", policy().replace("threshold = 2", "threshold = 3"), good.clone(), 1, 2),
        (
            "three of three",
            policy().replace("threshold = 2", "threshold = 3"),
            good.clone() + &vendor_line(),
            0,
            3,
        ),
    ] {
        let said = judge(name, &policy, &trust(), bundle.as_bytes(), &[b"program"]);
        assert_eq!(said.exit, exit, "{name}: {}\n{:#}", said.stderr, said.json);
        assert_eq!(said.json["opinions"], opinions, "{name}: {}", said.stderr);
    }
}

#[test]
fn unusable_policies_stores_and_bundles_have_a_code_each() {
    let good = utility_line() + &laboratory_line();
    let twin = entry("twin", "other.example", &utility(), REBUILDER);
    let nested = format!("{}\n", "[".repeat(100_000_000));
    for (name, policy, trust, bundle, exit, code, said) in [
        (
            "k is 0",
            policy().replace("threshold = 2", "threshold = 0"),
            trust(),
            good.as_bytes(),
            2,
            "policy-invalid",
            "threshold is 0",
        ),
        (
            "k above n",
            policy().replace("threshold = 2", "threshold = 4"),
            trust(),
            good.as_bytes(),
            2,
            "policy-invalid",
            "could never be met",
        ),
        (
            "nobody",
            policy().replace("\"vendor-1\"", "\"vendor\""),
            trust(),
            good.as_bytes(),
            2,
            "policy-invalid",
            "is vendor-1 meant?",
        ),
        (
            "wrong role",
            policy().replace("\"vendor-1\"", "\"press\""),
            trust(),
            good.as_bytes(),
            2,
            "policy-invalid",
            "has not the role",
        ),
        ("no policy", String::new(), trust(), good.as_bytes(), 2, "policy-invalid", "missing field"),
        (
            "one key, two names",
            policy(),
            trust() + &twin,
            good.as_bytes(),
            2,
            "trust-invalid",
            "the same key under two names",
        ),
        (
            "no trust",
            policy(),
            String::new(),
            good.as_bytes(),
            2,
            "trust-invalid",
            "`sarsen trust add` writes one",
        ),
        ("a long line", policy(), trust(), nested.as_bytes(), 2, "bundle-line-too-long", "line 1 of"),
        ("not text", policy(), trust(), b"\xff\xfe\0", 2, "envelope-invalid", "is UTF-16"),
    ] {
        let answer = judge(name, &policy, &trust, bundle, &[b"program"]);
        assert_eq!(answer.exit, exit, "{name}: {}", answer.stderr);
        assert!(codes(&answer.stderr).contains(&code), "{name}: {}", answer.stderr);
        assert!(answer.stderr.contains(said), "{name}: {}", answer.stderr);
    }
    let folder = Folder::new("attestations-paths");
    let path = |name: &str, text: &str| folder.file(name, text.as_bytes());
    let (policy, trust, bundle) = (path("p", &policy()), path("t", &trust()), path("b", &good));
    let (file, fifo) = (path("f", "program"), folder.0.join("fifo"));
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let (here, absent, fifo) = (folder.0.to_str().unwrap(), "absent", fifo.to_str().unwrap());
    for (arguments, code) in [
        ([absent, &trust, &bundle, &file], "input-missing"),
        ([&policy, absent, &bundle, &file], "input-missing"),
        ([&policy, &trust, absent, &file], "input-missing"),
        ([&policy, &trust, &bundle, absent], "input-missing"),
        ([here, &trust, &bundle, &file], "input-directory"),
        // A directory is an output, and no output holds a FIFO.
        ([&policy, &trust, &bundle, here], "input-special"),
        ([&policy, &trust, fifo, &file], "input-special"),
        ([fifo, &trust, &bundle, &file], "input-special"),
        ([&policy, "/dev/zero", &bundle, &file], "input-special"),
    ] {
        let [policy, trust, bundle, file] = arguments;
        let output = sarsen(&["verify-attestation", "--policy", policy, "--trust", trust, bundle, file]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(codes(&stderr(&output)), [code], "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
    let output = sarsen(&["verify-attestation", "--policy", &policy, "--trust", &trust, &bundle]);
    assert_eq!(output.status.code(), Some(2), "no file is nothing to prove");
}

/// One organisation is one, however it is spelled: two entries, the exit code, and what is said of them.
#[test]
fn spellings_of_one_organisation_are_no_two_opinions() {
    let bundle = utility_line() + &laboratory_line();
    let drv = digest("app");
    let policy = |builders: [&str; 2]| {
        format!(
            "name = \"app\"\nthreshold = 2\nbuilders = [\"{}\", \"{}\"]\n[[recipe]]\n\
             attribute = \"packages.x86_64-linux.arm64\"\ndrv-sha256 = \"{drv}\"\n",
            builders[0], builders[1]
        )
    };
    let (one, alike) = ("are one, written in two ways", "look alike and are not the same text");
    let hidden = "which nobody sees as it is";
    for (name, keys, organisations, said) in [
        ("two", ["u1", "l1"], ["utility.example", "laboratory.example"], None),
        ("ideographs", ["u1", "l1"], ["示例电力有限公司", "示例电网有限公司"], None),
        (
            "wide brackets",
            ["u1", "l1"],
            ["示例电力（江苏）有限公司", "示例电力(江苏)有限公司"],
            Some((one, "(key u1) and \"示例电力(江苏)有限公司\" (key l1)")),
        ),
        (
            "case",
            ["u1", "l1"],
            ["Utility.example", "utility.example"],
            Some((one, "U+0055 in one, U+0075 in the other")),
        ),
        ("sharp s", ["u1", "l1"], ["Stadtwerke Straße", "STADTWERKE STRASSE"], Some((one, "(key u1)"))),
        ("composed", ["u1", "l1"], ["\u{e9}nergie", "e\u{301}nergie"], Some((one, "U+00E9 in one, U+0065"))),
        (
            "white space",
            ["u1", "l1"],
            ["示例 电力", "示例\u{3000} 电力"],
            Some((one, "\\u{3000} 电力\" (key l1)")),
        ),
        (
            "Cyrillic",
            ["u1", "l1"],
            ["utility.example", "utility.ехample"],
            Some((alike, "U+0065 in one, U+0435")),
        ),
        (
            "a space before a bracket",
            ["u1", "l1"],
            ["示例电力（江苏）", "示例电力 (江苏)"],
            Some((one, "(key l1)")),
        ),
        (
            "a wide space",
            ["u1", "l1"],
            ["示例\u{3000}电力", "示例电力"],
            Some((one, "U+3000 in one, U+7535 in the other")),
        ),
        ("full stops", ["u1", "l1"], ["示例。", "示例."], Some((one, "U+3002 in one, U+002E"))),
        (
            "a full stop at the end",
            ["u1", "l1"],
            ["utility.example", "utility.example."],
            Some((one, "nothing in one, U+002E")),
        ),
        ("a capital I", ["u1", "l1"], ["Example Ltd", "exampIe Ltd"], Some((alike, "(key u1)"))),
        ("two capitals", ["u1", "l1"], ["Utility", "utiIity"], Some((alike, "(key l1)"))),
        ("words", ["u1", "l1"], ["Example Ltd", "Example Inc"], None),
        ("katakana", ["u1", "l1"], ["示例电力", "示例电カ"], Some((alike, "(key l1)"))),
        (
            "invisible",
            ["u1", "l1"],
            ["utility.example", "utility\u{200b}.example"],
            Some((hidden, "\\u{200b}.example")),
        ),
        ("turned", ["u1", "l1"], ["utility.example", "\u{202e}elpmaxe"], Some((hidden, "U+202E"))),
        (
            "a wide name",
            ["u1", "ｕ1"],
            ["a.example", "b.example"],
            Some(("are one name, written in two ways", "U+FF55")),
        ),
        (
            "a name that looks alike",
            ["u1", "ul"],
            ["a.example", "b.example"],
            Some(("of two keys look alike", "U+006C")),
        ),
    ] {
        let trust = entry(keys[0], organisations[0], &utility(), REBUILDER)
            + &entry(keys[1], organisations[1], &laboratory(), REBUILDER);
        let name = format!("spelling {name}");
        let answer = judge(&name, &policy(keys), &trust, bundle.as_bytes(), &[b"program"]);
        assert_eq!(answer.exit, if said.is_some() { 2 } else { 0 }, "{name}: {}", answer.stderr);
        if let Some((why, what)) = said {
            let line = answer.stderr.lines().find(|line| line.contains(why));
            assert!(line.is_some_and(|line| line.contains(what)), "{name}: {}", answer.stderr);
        }
    }
}

/// A store and a policy with several faults, and one line for each.
#[test]
fn all_faults_of_a_store_and_a_policy_are_told() {
    let good = utility_line() + &laboratory_line();
    let trust_wrong = trust()
        .replacen("identity = \"1234567812345678\"\n", "", 1)
        .replacen("\"rebuilder\"", "\"builder\"", 1)
        .replacen("\"laboratory.example\"", "\"Laboratory.example\"", 1)
        .replacen("[\"release\"]", "[]", 1);
    let policy_wrong = policy()
        .replace("threshold = 2", "threshold = \"2\"")
        .replace("\"vendor-1\"]", "\"vendor\", \"lost\", \"press\"]\ndigests = []");
    let store = [
        "line 6, roles of key utility-1: unknown value `builder`",
        "key utility-sm2 is an SM2 key without an identity",
        "key press has no role",
        "organisations \"Laboratory.example\" (key laboratory-1) and \"laboratory.example\" (key lost) are one",
    ];
    let own = ["line 2: threshold is \"2\": it must be a whole number from 1", "digests is empty"];
    let others = [
        "no key called vendor; is vendor-1 meant?",
        "key lost is revoked in the trust store (2026-03-02), so nothing that it signs counts: take it out of builders",
        "key press has not the role rebuilder in the trust store: take it out of builders",
    ];
    for (name, policy, trust, said) in [
        ("nothing wrong", policy(), trust(), vec![]),
        ("the store", policy(), trust_wrong.clone(), store.to_vec()),
        ("the policy", policy_wrong.clone(), trust(), [own.as_slice(), &others].concat()),
        ("both", policy_wrong, trust_wrong, [store.as_slice(), &own].concat()),
    ] {
        let answer = judge(&format!("faults {name}"), &policy, &trust, good.as_bytes(), &[b"program"]);
        assert_eq!(answer.exit, if said.is_empty() { 0 } else { 2 }, "{name}: {}", answer.stderr);
        assert_eq!(answer.stderr.lines().count(), said.len(), "{name}: {}", answer.stderr);
        for said in said {
            assert!(answer.stderr.contains(said), "{name}: {said}: {}", answer.stderr);
        }
    }
    let folder = Folder::new("attestations-faults-challenge");
    let (bundle, file) = (folder.file("b", good.as_bytes()), folder.file("f", b"program"));
    for (trust, exit, lines) in [(trust(), 0, 0), (trust() + &trust(), 2, 7), (String::new(), 2, 1)] {
        let trust = folder.file("t", trust.as_bytes());
        let output = sarsen(&["challenge", "--trust", &trust, "--bundle", &bundle, &file]);
        assert_eq!(output.status.code(), Some(exit), "{}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), lines, "{}", stderr(&output));
    }
}

/// Keys that cannot stand in a store as they are, and what to do about them.
#[test]
fn keys_that_cannot_be_trusted_as_they_are_say_what_to_do() {
    let bundle = utility_line() + &laboratory_line();
    let pem = |text: &str, more: &str| {
        trust()
            + &format!(
                "[[key]]\nname = \"x\"\norganisation = \"x.example\"\npem = \"\"\"\n{text}\"\"\"\n{REBUILDER}\n{more}\n"
            )
    };
    let sm2_public = utility_sm2().public().pem();
    let other = support::attest::sm2(9, IDENTITY).public().pem();
    let without = other.strip_prefix(&format!("identity: {IDENTITY}\n")).unwrap().to_owned();
    for (name, trust, said) in [
        ("a public key", pem(&stranger().public().pem(), ""), None),
        ("an SM2 key", pem(&other, ""), None),
        ("an SM2 key with its identity beside it", pem(&without, "identity = \"a\""), None),
        (
            "an SM2 key without",
            pem(&without, ""),
            Some(
                "key x is an SM2 key without an identity, which every signature of it covers: add `identity = \"…\"` \
                 to its entry",
            ),
        ),
        ("an SM2 key with two", pem(&other, "identity = \"a\""), Some("key x has a wrong identity")),
        ("the same key", pem(&sm2_public, ""), Some("utility-sm2 and x are the same key under two names")),
        (
            "a private key",
            pem(&stranger().pem(), ""),
            Some("key x is a private key, which belongs in no trust store"),
        ),
        (
            "no keys",
            "key = []".into(),
            Some("it has no key; `sarsen trust add` writes one, which is a line [[key]]"),
        ),
        ("only a comment", "# nothing yet\n".into(), Some("it has no key; `sarsen trust add` writes one")),
        (
            "another algorithm",
            trust().replacen("ed25519", "ed448", 1),
            Some("algorithm of key utility-1: unknown value `ed448`"),
        ),
    ] {
        let answer = judge(&format!("keys {name}"), &policy(), &trust, bundle.as_bytes(), &[b"program"]);
        assert_eq!(answer.exit, if said.is_some() { 2 } else { 0 }, "{name}: {}", answer.stderr);
        assert!(answer.stderr.contains(said.unwrap_or_default()), "{name}: {}", answer.stderr);
        assert!(!answer.stderr.contains("--identity"), "{name}: {}", answer.stderr);
    }
}
