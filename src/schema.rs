//! The JSON schemas in docs/schemas: made from the types, compared in the tests.

/// Compares docs/schemas/NAME.schema.json with what the type `T` says; with SARSEN_REGENERATE set, rewrites it first.
pub fn compare<T: schemars::JsonSchema>(name: &str) {
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(T)).unwrap() + "\n";
    let path = format!("{}/docs/schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("SARSEN_REGENERATE").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), schema, "run with SARSEN_REGENERATE=1");
}
