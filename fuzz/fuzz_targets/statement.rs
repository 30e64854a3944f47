//! Any bytes are a rebuild statement or an error. A statement says the same when it is written and read again, unless it is of
//! the first version, which nothing writes, and has a view for SLSA exactly if there is an output.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sarsen::statement::{Rebuild, Statement, slsa};

fuzz_target!(|bytes: &[u8]| {
    let Ok(statement) = Statement::<Rebuild>::parse(bytes, "input") else { return };
    if !statement.is_first_version() {
        let again = serde_json::to_vec(&statement).expect("it has a JSON form");
        assert_eq!(Statement::<Rebuild>::parse(&again, "again").expect("it is a statement"), statement);
    }
    assert_eq!(slsa::view(&statement).is_some(), statement.predicate.verdict.result.has_output());
});
