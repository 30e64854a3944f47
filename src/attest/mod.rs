//! What builders state about a file, and whether that is enough: K of N organisations, with dissent kept.
//!
//! Everything here is a function of its arguments: a [`policy::Policy`], a [`trust::Trust`] store, a bundle of signed
//! statements and digests of files. [`verify`] counts, [`challenge`] compares. Nothing counts but bytes under a
//! signature that holds, and nothing is assumed: what is not counted is not agreed.

pub mod basis;
pub mod challenge;
pub mod conditions;
pub mod draft;
pub mod evidence;
pub mod independence;
pub mod listing;
pub mod naming;
pub mod outputs;
pub mod policy;
pub mod refusal;
mod signers;
pub mod spelling;
pub mod testimony;
pub mod trust;
pub mod verify;
