//! Profiles that ship with the program.

/// Name and TOML text of each built-in profile; the first is the default.
pub const BUILT_IN: &[(&str, &str)] = &[("grid-arm64", include_str!("../../profiles/grid-arm64.toml"))];
