//! The same facts as SLSA provenance v1 (the SLSA specification, "Provenance"), for tools that know nothing of rebuilds.
//! Nothing here is read back: what a policy counts is the rebuild statement.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Rebuild, Statement, Subject};

/// The predicate's type.
pub const TYPE: &str = "https://slsa.dev/provenance/v1";

/// How to read `externalParameters`: `flake` is a flake reference to the source at its revision, where others can find it;
/// `attribute` is what is built of it.
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
    let mut external_parameters = BTreeMap::from([("attribute", recipe.attribute.clone())]);
    let flake = source.uri.as_ref().and_then(|uri| reference(uri, source.digest.get("gitCommit")));
    external_parameters.extend(flake.map(|flake| ("flake", flake)));
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
            external_parameters,
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

/// Where a commit is found, as Nix reads it (nix flake, "Flake references"); `None` for an address of a kind that no commit can
/// be asked of.
fn reference(uri: &str, commit: Option<&String>) -> Option<String> {
    let (place, query) = uri.split_once('?').unwrap_or((uri, ""));
    let Some(commit) = commit else { return Some(uri.to_owned()) };
    let (scheme, rest) = place.split_once(':')?;
    let place = match scheme {
        // An address alone would be that of an archive.
        "http" | "https" | "ssh" | "file" => format!("git+{place}"),
        "git" => place.to_owned(),
        _ if scheme.starts_with("git+") => place.to_owned(),
        // A branch or revision behind the name of a repository excludes another one.
        "github" | "gitlab" | "sourcehut" => {
            format!("{scheme}:{}", rest.splitn(3, '/').take(2).collect::<Vec<_>>().join("/"))
        }
        _ => return None,
    };
    let is_forge = ["github", "gitlab", "sourcehut"].contains(&scheme);
    let kept = query.split('&').filter(|part| {
        let name = part.split('=').next().unwrap_or_default();
        !name.is_empty() && name != "rev" && !(is_forge && name == "ref")
    });
    let query: Vec<&str> = kept.collect();
    let rev = format!("rev={commit}");
    Some(format!("{place}?{}", query.into_iter().chain([rev.as_str()]).collect::<Vec<_>>().join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tests/attest` feeds such references to Nix.
    #[test]
    fn one_reference_names_the_commit_once() {
        let commit = "a".repeat(40);
        for (uri, reference_) in [
            ("https://git.example/x", "git+https://git.example/x?rev=C"),
            ("git+https://git.example/x?ref=main", "git+https://git.example/x?ref=main&rev=C"),
            ("git+ssh://git@git.example/x?rev=b&dir=d", "git+ssh://git@git.example/x?dir=d&rev=C"),
            ("github:owner/name", "github:owner/name?rev=C"),
            ("github:owner/name/main?host=h", "github:owner/name?host=h&rev=C"),
            ("github:owner/name?ref=main", "github:owner/name?rev=C"),
        ] {
            assert_eq!(reference(uri, Some(&commit)).unwrap(), reference_.replace('C', &commit));
        }
        assert_eq!(reference("urn:x", Some(&commit)), None);
        assert_eq!(reference("https://h/a.tar.gz", None).as_deref(), Some("https://h/a.tar.gz"));
    }
}
