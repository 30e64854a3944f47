//! The page docs/profiles.md: every key of a profile, from the schema that the types make.

use std::fmt::Write;

use serde_json::Value;

const INTRODUCTION: &str = r"# Device profiles

A profile says what one kind of device can run and what its owner demands; every rule takes its demands from there.
`sarsen check --profile` takes the path of a TOML file or the name of a built-in profile, `sarsen profiles` lists those,
`sarsen profiles NAME` prints one. This page is generated from the types that read profiles
([schema](schemas/profile-1.schema.json)) and compared in the tests.

## A profile of your own

Start from a profile that is near and say what differs. Keys that are not named keep the value of the extended profile,
lists are replaced as a whole, `[rules]` are joined, and `[[suppress]]` entries are added. A misspelled key, rule or
severity is an error that says what may be meant.

```toml
";

const EXAMPLE: &str = r#"name = "feeder-controller"
description = "our board: grid-arm64 with less memory, and one old program"
extends = "grid-arm64"

[limits]
file-size = 16_777_216
memory-size = 67_108_864

[rules]
no-comment = "deny"        # off by default
no-date-macros = "allow"   # the rule is not asked

# A failure that is known: still shown, with its reason, but it refuses nothing. One that nothing needs any longer, or
# whose last day is over, is reported.
[[suppress]]
rule = "no-build-paths"
file = "bin/modem-daemon"
reason = "the vendor's binary; replaced with release 4, ticket 1187"
until = "2027-06-30"
"#;

/// The text of the page.
fn page() -> String {
    let schema: Value = schemars::schema_for!(super::Profile).into();
    let mut out = format!("{INTRODUCTION}{EXAMPLE}```\n\n## Keys\n");
    table(&mut out, &schema, &schema);
    for (name, section) in properties(&schema) {
        let inner = section.get("items").unwrap_or(section);
        let target = resolve(inner, &schema);
        if target.get("properties").is_some() {
            let title = if section["type"] == "array" { format!("[[{name}]]") } else { format!("[{name}]") };
            let _ = write!(out, "\n## `{title}`\n\n{}\n", text(section));
            table(&mut out, target, &schema);
        }
    }
    out
}

/// A row for each key that is a value of its own.
fn table(out: &mut String, object: &Value, schema: &Value) {
    out.push_str("\n| key | value | meaning |\n| --- | --- | --- |\n");
    for (name, key) in properties(object) {
        let inner = key.get("items").unwrap_or(key);
        if resolve(inner, schema).get("properties").is_none() {
            let _ = writeln!(out, "| `{name}` | {} | {} |", kind(key, schema), text(key));
        }
    }
}

fn properties(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object["properties"].as_object().into_iter().flatten()
}

fn resolve<'a>(value: &'a Value, schema: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/"));
    target.map_or(value, |name| &schema["$defs"][name])
}

/// What a value looks like; each word of an enumeration with its meaning.
fn kind(key: &Value, schema: &Value) -> String {
    let target = resolve(key, schema);
    if let Some(words) = target["oneOf"].as_array() {
        let word = |w: &Value| {
            let meaning = text(w);
            format!("`{}` ({})", w["const"].as_str().unwrap_or_default(), meaning.trim_end_matches('.'))
        };
        return words.iter().map(word).collect::<Vec<_>>().join(", ");
    }
    if let Some(values) = target.get("additionalProperties").filter(|values| values.is_object()) {
        return format!("a table of {}", kind(values, schema));
    }
    let name = match &target["type"] {
        Value::Array(names) => names[0].as_str(),
        name => name.as_str(),
    };
    match name {
        Some("array") => format!("list of {}", kind(&target["items"], schema)),
        Some("boolean") => "true or false".into(),
        Some(name) => name.into(),
        None => String::new(),
    }
}

fn text(value: &Value) -> String {
    value["description"].as_str().unwrap_or_default().replace('\n', " ")
}

/// `SARSEN_REGENERATE=1 cargo test` rewrites the file.
#[test]
fn the_page_is_the_types() {
    let page = page();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/profiles.md");
    if std::env::var_os("SARSEN_REGENERATE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "run with SARSEN_REGENERATE=1");
}

#[test]
fn the_example_is_a_profile() {
    let profile = super::Profile::parse(EXAMPLE, "example").unwrap();
    assert_eq!(profile.suppress.len(), 1);
    assert_eq!(profile.limits.file_size, Some(16 << 20));
}
