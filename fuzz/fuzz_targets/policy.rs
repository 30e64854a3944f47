//! Any text is a policy or an error, and a trust store or an error. What is accepted can be met and can fail to be.
#![no_main]

use std::collections::HashSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sarsen::attest::policy::Policy;
use sarsen::attest::spelling::folded;
use sarsen::attest::trust::Trust;

static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let page = include_str!("../../docs/formats/trust.md");
    let text = page.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).expect("it has an example");
    Trust::parse(text, "the example").expect("it is a trust store")
});

fuzz_target!(|text: &str| {
    match Policy::parse(text, "input", &TRUST) {
        Ok(policy) => {
            let count = policy.expected(&TRUST).count();
            assert!(policy.threshold > 0 && policy.threshold <= count && !policy.digests.is_empty());
        }
        Err(errors) => assert!(!errors.is_empty()),
    }
    match Trust::parse(text, "input") {
        Ok(trust) => {
            let bytes: HashSet<_> = trust.keys().iter().map(|key| key.public.bytes()).collect();
            assert_eq!(bytes.len(), trust.keys().len());
            let written: HashSet<_> = trust.keys().iter().map(|key| key.organisation.as_str()).collect();
            let organisations: HashSet<_> = written.iter().map(|name| folded(name)).collect();
            assert_eq!(organisations.len(), written.len());
        }
        Err(errors) => assert!(!errors.is_empty()),
    }
});
