//! What a policy decides, and which policies and stores are refused.

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
        ("no trust", policy(), String::new(), good.as_bytes(), 2, "trust-invalid", "missing field"),
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
