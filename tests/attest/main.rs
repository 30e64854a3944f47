//! `sarsen attest` with the Nix of this machine, in a store of its own: what is stated is compared with what Nix says, and
//! what attacks make of it. Which attack is about which field is in docs/threat-model.md.

mod again;
mod basics;
mod cache;
mod challenge;
mod content;
mod evaluation;
mod flake;
mod machine;
mod origins;
mod record;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use flake::{Flake, left};
use sarsen::clock;
use sarsen::key::{Algorithm, PublicKey, SecretKey, Sign};
use sarsen::statement::rebuild::{Attempt, BuiltBy, Clock, Making, Origin, Other, Outcome};
use sarsen::statement::{Rebuild, Statement};

/// A package and what it needs.
const STABLE: &str = "
    base = shell \"base\" \"echo base > $out\" { };
    out = shell \"out\" \"echo ${base} > $out\" { };";
const RANDOM: &str = "read -r id < /proc/sys/kernel/random/uuid;";
