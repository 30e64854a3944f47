//! Any text is a policy or an error, and a trust store or an error. What is accepted can be met and can fail to be.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sarsen::attest::policy::Policy;
use sarsen::attest::trust::Trust;

static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let page = include_str!("../../docs/formats/trust.md");
    let text = page.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).expect("it has an example");
    Trust::parse(text, "the example").expect("it is a trust store")
});

fuzz_target!(|text: &str| {
    if let Ok(policy) = Policy::parse(text, "input", &TRUST) {
        let count = policy.expected(&TRUST).count();
        assert!(policy.threshold > 0 && policy.threshold <= count && !policy.digests.is_empty());
    }
    if let Ok(trust) = Trust::parse(text, "input") {
        let bytes: std::collections::HashSet<_> = trust.keys().iter().map(|key| key.public.bytes()).collect();
        assert_eq!(bytes.len(), trust.keys().len());
    }
});
