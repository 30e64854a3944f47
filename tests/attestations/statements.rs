//! What signed statements say of the files at hand.

use sarsen::statement::rebuild::Making;

use super::*;

/// The same files in a whole output whose digest is this digit, 64 times.
fn with_another_whole(statement: &Statement<Rebuild>, digit: u8) -> Statement<Rebuild> {
    let mut statement = statement.clone();
    statement.subject[2].digest.insert("sha256".into(), digit.to_string().repeat(64));
    statement.predicate.outputs = outputs(&statement.subject, Making::Built, &[]);
    statement
}

#[test]
#[allow(clippy::too_many_lines, reason = "it is a table")]
fn what_is_wrong_with_statements_is_told_apart() {
    let good = utility_line() + &laboratory_line();
    let vendor_statement = produced("vendor.example", "app", APP);
    let subject = |at: usize, edit: fn(&mut Value)| {
        edited(&vendor_statement, |s| edit(&mut s["subject"][at]), &vendor())
    };
    let wrong_sm3 = subject(0, |s| s["digest"]["sm3"] = "0".repeat(64).into());
    let wrong_size = subject(0, |s| s["annotations"]["size"] = 8.into());
    let no_sm3 = subject(0, |s| drop(s["digest"].as_object_mut().unwrap().remove("sm3")));
    let other_nar = line(&with_another_whole(&vendor_statement, 0), &[&vendor()]);
    let mut twin = produced("laboratory.example", "app", OTHER);
    twin.predicate.run.invocation_id = "the second".into();
    let elsewhere = |bytes| line(&produced("laboratory.example", "elsewhere", bytes), &[&laboratory()]);
    let mut renamed = produced("vendor.example", "app", OTHER);
    renamed.predicate.recipe.attribute = "packages.x86_64-linux.elsewhere".into();
    let mut locked = produced("vendor.example", "app", APP);
    locked.predicate.recipe.attribute = "packages.x86_64-linux.elsewhere".into();
    let mut unexpected = differs("vendor.example", "app", APP, OTHER);
    unexpected.predicate.verdict.difference = None;
    let shared = produced("utility.example", "app", APP);
    // The same run, in bytes of which one is another.
    let spaced = [serde_json::to_vec(&shared).unwrap(), vec![b' ']].concat();
    let spaced = signed(IN_TOTO, spaced, &[&laboratory()]).to_json() + "\n";
    let again = |drv| line(&differs("laboratory.example", drv, OTHER, APP), &[&laboratory()]);
    let unknown = |edit: fn(&mut Value)| edited(&vendor_statement, edit, &vendor());
    check(
        vec![
            case(
                "another recipe",
                utility_line() + &line(&produced("laboratory.example", "elsewhere", OTHER), &[&laboratory()]),
                1,
                &["threshold-not-met"],
                &["laboratory-1 other-recipe", "utility-1 counts"],
            ),
            case(
                "another attribute",
                utility_line() + &line(&locked, &[&vendor()]),
                1,
                &["threshold-not-met"],
                &["utility-1 counts", "vendor-1 other-recipe"],
            ),
            case(
                "other bytes under another attribute",
                good.clone() + &line(&renamed, &[&vendor()]),
                5,
                &["dissent"],
                &["laboratory-1 counts", "utility-1 counts", "vendor-1 differs"],
            ),
            case(
                "dissent",
                good.clone() + &line(&differs("vendor.example", "app", OTHER, APP), &[&vendor()]),
                5,
                &["dissent"],
                &["laboratory-1 counts", "utility-1 counts", "vendor-1 differs"],
            ),
            case(
                "dissent of one that the policy does not name",
                good.clone() + &line(&produced("observer.example", "app", OTHER), &[&observer()]),
                5,
                &["dissent"],
                &["laboratory-1 counts", "observer differs", "utility-1 counts"],
            ),
            case(
                "these bytes where others were expected",
                good.clone() + &line(&unexpected, &[&vendor()]),
                5,
                &["dissent"],
                &["laboratory-1 counts", "utility-1 counts", "vendor-1 differs"],
            ),
            case(
                "the same file in another output",
                good.clone() + &other_nar,
                5,
                &["dissent"],
                &["laboratory-1 counts", "utility-1 counts", "vendor-1 differs"],
            ),
            case(
                "assent of one that the policy does not name",
                utility_line() + &line(&produced("observer.example", "app", APP), &[&observer()]),
                1,
                &["threshold-not-met"],
                &["observer unlisted", "utility-1 counts"],
            ),
            case(
                "a failed build",
                good.clone() + &line(&failed("vendor.example", "app"), &[&vendor()]),
                0,
                &["build-failed"],
                &["laboratory-1 counts", "utility-1 counts", "vendor-1 failed"],
            ),
            case(
                "one digest right and one wrong",
                good.clone() + &wrong_sm3,
                6,
                &["digest-contradictory"],
                &["laboratory-1 counts", "utility-1 counts", "vendor-1 digest-contradictory"],
            ),
            case(
                "digests right and the size wrong",
                good.clone() + &wrong_size,
                6,
                &["digest-contradictory"],
                &["laboratory-1 counts", "utility-1 counts", "vendor-1 digest-contradictory"],
            ),
            case(
                "a digest missing",
                utility_line() + &no_sm3,
                1,
                &["digest-missing", "threshold-not-met"],
                &["utility-1 counts", "vendor-1 digest-missing"],
            ),
            case(
                "a key that states two outputs",
                good.clone() + &vendor_line() + &line(&twin, &[&laboratory()]),
                5,
                &["equivocation"],
                &[
                    "laboratory-1 equivocates",
                    "laboratory-1 equivocates",
                    "utility-1 counts",
                    "vendor-1 counts",
                ],
            ),
            case(
                "a key that states two outputs of another derivation",
                good.clone() + &elsewhere(APP) + &elsewhere(OTHER),
                1,
                &["equivocation", "threshold-not-met"],
                &[
                    "laboratory-1 equivocates",
                    "laboratory-1 other-recipe",
                    "laboratory-1 other-recipe",
                    "utility-1 counts",
                ],
            ),
            case(
                "a key that built again and got another output",
                good.clone() + &vendor_line() + &again("app"),
                5,
                &["dissent"],
                &["laboratory-1 differs", "laboratory-1 divided", "utility-1 counts", "vendor-1 counts"],
            ),
            case(
                "a key that built another derivation again and got another output",
                good.clone() + &elsewhere(APP) + &again("elsewhere"),
                0,
                &[],
                &[
                    "laboratory-1 counts",
                    "laboratory-1 other-recipe",
                    "laboratory-1 other-recipe",
                    "utility-1 counts",
                ],
            ),
            case(
                "only keys that state two outputs",
                laboratory_line() + &line(&twin, &[&laboratory()]),
                5,
                &["equivocation", "threshold-not-met"],
                &["laboratory-1 equivocates", "laboratory-1 equivocates"],
            ),
            case(
                "a member that nobody knows",
                good.clone() + &unknown(|s| s["more"] = 1.into()),
                2,
                &["statement-invalid"],
                COUNT,
            ),
            case(
                "a member of a subject that nobody knows",
                good.clone() + &unknown(|s| s["subject"][0]["more"] = 1.into()),
                2,
                &["statement-invalid"],
                COUNT,
            ),
            case(
                "a run without a name",
                good.clone() + &unknown(|s| s["predicate"]["run"]["invocationId"] = "".into()),
                2,
                &["statement-invalid"],
                COUNT,
            ),
            case(
                "a later version of the statement, which may be dissent",
                good.clone() + &unknown(|s| s["predicateType"] = "urn:sarsen:rebuild:3".into()),
                2,
                &["statement-invalid"],
                COUNT,
            ),
            case(
                "two keys of one organisation that disagree",
                good.clone()
                    + &vendor_line()
                    + &line(&produced("utility.example", "app", OTHER), &[&utility_sm2()]),
                5,
                &["dissent"],
                &["laboratory-1 counts", "utility-1 divided", "utility-sm2 differs", "vendor-1 counts"],
            ),
            case(
                "two organisations that signed the same run",
                line(&shared, &[&utility(), &laboratory()]),
                1,
                &["threshold-not-met"],
                COUNT,
            ),
            case(
                "two organisations that signed the same run in other bytes",
                line(&shared, &[&utility()]) + &spaced,
                1,
                &["threshold-not-met"],
                COUNT,
            ),
            case(
                "two keys of one organisation that agree",
                utility_line() + &line(&produced("utility.example", "app", APP), &[&utility_sm2()]),
                1,
                &["threshold-not-met"],
                &["utility-1 counts", "utility-sm2 counts"],
            ),
        ],
        &policy(),
    );
}

#[test]
fn dissent_names_what_differs() {
    let good = utility_line() + &laboratory_line();
    let text: &[(&str, &[u8])] = &[APP[0], ("share/app.txt", b"tExt")];
    let vendor_statement = produced("vendor.example", "app", APP);
    // What was expected states fewer files than were built: those are no difference.
    let mut sparse = differs("vendor.example", "app", OTHER, APP);
    sparse.predicate.verdict.expected = vec![sparse.predicate.verdict.expected[2].clone()];
    for (name, dissent, words) in [
        ("expected another whole", line(&sparse, &[&vendor()]), "got nar:out with"),
        (
            "another text",
            line(&produced("vendor.example", "app", text), &[&vendor()]),
            "states share/app.txt with",
        ),
        (
            "only the whole",
            line(&with_another_whole(&vendor_statement, 5), &[&vendor()]),
            "states nar:out with sha256 555555555555",
        ),
        (
            "expected another text",
            line(&differs("vendor.example", "app", APP, text), &[&vendor()]),
            "got share/app.txt with",
        ),
    ] {
        let said = judge(name, &policy(), &trust(), (good.clone() + &dissent).as_bytes(), &[b"program"]);
        assert!(said.exit == 5 && said.stderr.contains(words), "{name}: {}", said.stderr);
    }
}

#[test]
fn files_that_nobody_states_are_refused() {
    let good = utility_line() + &laboratory_line();
    let other = line(&produced("vendor.example", "app", OTHER), &[&vendor()]);
    for (name, bundle, files, exit, code) in [
        ("another file", &good, vec![b"prOgram".as_slice()], 6, "file-not-stated"),
        ("one of two", &good, vec![b"program", b"TEXT"], 6, "file-not-stated"),
        ("an empty file", &good, vec![b""], 6, "file-not-stated"),
        // Each is stated, by different statements: no output holds both.
        (
            "files of two outputs",
            &(good.clone() + &other),
            vec![b"program", b"progrAm"],
            6,
            "file-not-stated",
        ),
        ("nobody speaks", &String::new(), vec![b"program"], 1, "threshold-not-met"),
    ] {
        let said = judge(name, &policy(), &trust(), bundle.as_bytes(), &files);
        assert_eq!(said.exit, exit, "{name}: {}", said.stderr);
        assert!(codes(&said.stderr).contains(&code), "{name}: {}", said.stderr);
        assert!(said.json["agreed"].is_null(), "{name}");
    }
}
