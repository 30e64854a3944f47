use super::*;

fn bundle(text: &str) -> Bundle {
    Bundle::new(text.as_bytes().to_vec(), "b").unwrap()
}

const ENVELOPE: &str = r#"{"payload":"e30=","payloadType":"t","signatures":[{"sig":"AA=="}]}"#;

#[test]
fn lines_are_counted_as_editors_count_and_may_end_either_way() {
    let bundle = bundle(&format!("\n{ENVELOPE}\r\n  \n{ENVELOPE}\n"));
    let lines: Vec<_> = bundle.lines().collect();
    assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 4]);
    for line in &lines {
        assert_eq!(bundle.envelope(line).unwrap().payload, b"{}");
    }
    assert_eq!(self::bundle("").lines().count(), 0);
}

/// The error of the whole, or that of its first line.
fn wrong(text: &str) -> Error {
    Bundle::new(text.as_bytes().to_vec(), "b")
        .map_or_else(|error| error, |bundle| bundle.envelope(&bundle.lines().next().unwrap()).unwrap_err())
}

#[test]
fn what_is_wrong_with_a_line_is_told_apart() {
    for (text, code) in [
        (ENVELOPE[..ENVELOPE.len() - 9].to_owned(), Code::BundleTruncated),
        (format!("{}\n", &ENVELOPE[..ENVELOPE.len() - 9]), Code::EnvelopeInvalid),
        ("{}".into(), Code::EnvelopeInvalid),
        ("[]".into(), Code::EnvelopeInvalid),
        (format!("{ENVELOPE}x\n"), Code::EnvelopeInvalid),
        (format!("\u{feff}{ENVELOPE}\n{ENVELOPE}"), Code::EnvelopeInvalid),
        ("[".repeat(LINE), Code::EnvelopeInvalid),
        ("{\"a\":".repeat(1 << 20), Code::BundleTruncated),
        ("[".repeat(LINE + 1), Code::BundleLineTooLong),
        ("nonsense\nmore".into(), Code::EnvelopeInvalid),
    ] {
        let error = wrong(&text);
        assert_eq!(error.code, code, "{error}");
        assert!(error.message.contains("line 1 of b"), "{error}");
    }
}

#[test]
fn what_is_no_bundle_as_a_whole_is_said_once() {
    let pretty = ENVELOPE.replace(',', ",\n  ");
    let sigstore = format!(r#"{{"mediaType":"m","dsseEnvelope":{ENVELOPE}}}"#);
    for (text, words) in [
        (pretty.clone(), "not one a line"),
        (format!("{pretty}\n{pretty}\n"), "not one a line"),
        (format!("{ENVELOPE}{ENVELOPE}"), "not one a line"),
        (format!("[\n{ENVELOPE},\n{ENVELOPE}\n]\n"), "a JSON list of envelopes"),
        (format!("{sigstore}\n{sigstore}\n"), "holds Sigstore bundles"),
        (format!("{{\n\"dsseEnvelope\":\n{ENVELOPE}\n}}"), "holds Sigstore bundles"),
        (format!("{ENVELOPE},\n{ENVELOPE},\n"), "a comma"),
        (format!("\u{feff}{ENVELOPE}"), "byte order mark"),
        ("no\n".repeat(200), "none of the 200 lines is an envelope"),
    ] {
        let error = Bundle::new(text.into_bytes(), "b").unwrap_err();
        assert!(error.code == Code::EnvelopeInvalid && error.message.contains(words), "{words}: {error}");
    }
    // A line that can be judged is.
    for other in ["[", "nonsense", "\u{feff}{}", &pretty, &sigstore, "\0\0", "{\"a\":1}"] {
        let both = [format!("{other}\n{ENVELOPE}\n"), format!("{ENVELOPE}\n{other}\n")];
        for text in both {
            let bundle = bundle(&text);
            let good = bundle.lines().filter(|line| bundle.envelope(line).is_ok()).count();
            assert!(good == 1 && bundle.lines().count() > 1, "{text}");
        }
    }
}

/// The numbers of the lines, and what is wrong with them.
fn judged(text: &str) -> (Vec<usize>, Vec<String>) {
    let bundle = bundle(text);
    let numbers = bundle.lines().map(|line| line.number).collect();
    (numbers, bundle.lines().filter_map(|line| Some(bundle.envelope(&line).err()?.message)).collect())
}

#[test]
fn lines_that_are_one_value_are_one_error_among_envelopes() {
    let pretty = ENVELOPE.replace(',', ",\r\n  ");
    let sigstore = format!("{{\n\"dsseEnvelope\": {pretty}\n}}");
    for (other, words) in [
        (&pretty, "is an envelope over several lines"),
        (&sigstore, "is a Sigstore bundle"),
        (&format!("[\n{pretty},\n\n{pretty}\n]"), "is a JSON list of envelopes"),
        (&"{\n\n\"a\":\n1\n}".into(), "it is JSON over several lines"),
    ] {
        let last = 2 + other.matches('\n').count();
        let (numbers, errors) = judged(&format!("{ENVELOPE}\n{other}\n \n{ENVELOPE}"));
        assert_eq!(numbers, [1, 2, last + 2], "{errors:?}");
        assert!(errors.len() == 1 && errors[0].contains(words), "{errors:?}");
        assert!(errors[0].contains(&format!("line 2 of b (to line {last}) ")), "{errors:?}");
        let (numbers, errors) = judged(&format!("{other}\n{ENVELOPE}\n{other}  "));
        assert!(numbers[..2] == [1, last] && !errors.is_empty(), "{errors:?}");
    }
    // What would hide an envelope, does not end, or ends within a line.
    for other in [format!("[\n{ENVELOPE}\n]"), "[\n[\n1,".into(), format!("{{\n}}{ENVELOPE}"), "[\n]]".into()]
    {
        let (numbers, errors) = judged(&format!("{other}\n{ENVELOPE}\n"));
        let lines = 1 + other.lines().count();
        assert_eq!(numbers, (1..=lines).collect::<Vec<_>>());
        assert!(errors.len() == lines - 1 - usize::from(other.contains("\n{\"")), "{errors:?}");
    }
    let opened = "[\n".repeat(100_000) + ENVELOPE;
    assert_eq!(judged(&opened).0.len(), 100_001);
}

#[test]
fn lines_that_are_sigstore_bundles_are_one_error() {
    let sigstore = format!(r#"{{"dsseEnvelope":{ENVELOPE}}}"#);
    let (numbers, errors) = judged(&format!("{ENVELOPE}\n{sigstore}\n{sigstore}\nx\n{sigstore}\n"));
    assert_eq!(numbers, [1, 2, 4]);
    assert!(errors.len() == 2 && errors[0].contains("line 2 of b is a Sigstore bundle"), "{errors:?}");
    assert!(errors[0].ends_with("and 2 more such lines are in it") && !errors[1].contains("more"));
    let (numbers, errors) = judged(&format!("{ENVELOPE}\n{sigstore}\n"));
    assert!(numbers == [1, 2] && !errors[0].contains("more"), "{errors:?}");
    // An envelope with such a member besides is an envelope.
    let both = ENVELOPE.replacen('{', &format!("{{\"dsseEnvelope\":{ENVELOPE},"), 1);
    assert_eq!(judged(&format!("{both}\n{both}\n")), (vec![1, 2], vec![]));
}

#[test]
fn lines_are_counted_where_they_are_not_empty() {
    let text = |count: usize| format!("{ENVELOPE}\n{}", "\n{}\n".repeat(count - 1));
    assert_eq!(bundle(&text(LINES)).lines().count(), LINES);
    let error = Bundle::new(text(LINES + 1).into_bytes(), "b").unwrap_err();
    assert!(error.code == Code::BundleTooLarge && error.message.contains("1000000 lines"), "{error}");
}
