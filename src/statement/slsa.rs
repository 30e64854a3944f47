//! The same facts as SLSA provenance v1 (the SLSA specification, "Provenance"), for tools that know nothing of rebuilds.
//! Nothing here is read back: what a policy counts is the rebuild statement.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Rebuild, Statement, Subject};

/// The predicate's type.
pub const TYPE: &str = "https://slsa.dev/provenance/v1";

/// How to read `externalParameters`: `flake` is the source's address and revision, `attribute` what is built of it.
pub const BUILD_TYPE: &str = "urn:sarsen:nix-flake:1";

/// SLSA's predicate.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    build_definition: BuildDefinition,
    run_details: RunDetails,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BuildDefinition {
    build_type: &'static str,
    external_parameters: BTreeMap<&'static str, String>,
    internal_parameters: BTreeMap<&'static str, String>,
    resolved_dependencies: Vec<Resource>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    digest: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RunDetails {
    builder: Id,
    metadata: Metadata,
}

#[derive(Debug, Serialize)]
struct Id {
    id: String,
    version: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    invocation_id: String,
    started_on: String,
    finished_on: String,
}

/// The facts of `rebuild` as SLSA has them; `None` where nothing was built, about which SLSA has nothing to say.
pub fn view(rebuild: &Statement<Rebuild>) -> Option<Statement<Provenance>> {
    let Rebuild { source, recipe, builder, run, verdict, .. } = &rebuild.predicate;
    if !verdict.result.has_output() {
        return None;
    }
    let flake = match (&source.uri, source.digest.get("gitCommit")) {
        (Some(uri), Some(commit)) => format!("{uri}?rev={commit}"),
        (Some(uri), None) => uri.clone(),
        (None, Some(commit)) => format!("git:{commit}"),
        (None, None) => format!("nar:{}", source.nar_hash),
    };
    let one = |name: &'static str, value: &Option<String>| value.clone().map(|value| (name, value));
    let mut resolved_dependencies = vec![Resource {
        uri: source.uri.clone(),
        name: "source".into(),
        digest: source.digest.clone(),
        annotations: BTreeMap::from([("narHash", source.nar_hash.clone())]),
    }];
    resolved_dependencies.extend(source.inputs.iter().map(|pin| Resource {
        uri: None,
        name: pin.name.clone(),
        digest: pin.revision.iter().map(|revision| ("gitCommit".to_owned(), revision.clone())).collect(),
        annotations: one("narHash", &pin.nar_hash).into_iter().collect(),
    }));
    resolved_dependencies.push(Resource {
        uri: None,
        name: format!("drv:{}", recipe.drv_path),
        digest: recipe.drv_digest.clone(),
        annotations: BTreeMap::new(),
    });
    let provenance = Provenance {
        build_definition: BuildDefinition {
            build_type: BUILD_TYPE,
            external_parameters: BTreeMap::from([("flake", flake), ("attribute", recipe.attribute.clone())]),
            internal_parameters: BTreeMap::from([("system", recipe.system.clone())]),
            resolved_dependencies,
        },
        run_details: RunDetails {
            builder: Id { id: builder.id.clone(), version: BTreeMap::from([("nix", recipe.nix.clone())]) },
            metadata: Metadata {
                invocation_id: run.invocation_id.clone(),
                started_on: run.started_on.clone(),
                finished_on: run.finished_on.clone(),
            },
        },
    };
    let subject: Vec<Subject> =
        rebuild.subject.iter().filter(|s| !s.name.starts_with("drv:")).cloned().collect();
    Some(Statement::new(subject, TYPE, provenance))
}
