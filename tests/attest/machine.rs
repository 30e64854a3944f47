//! Whose settings are stated, and failures that are this machine's own.

use super::*;

#[test]
fn settings_are_those_of_who_built() {
    let Some(flake) = Flake::new("settings", STABLE) else { return };
    let (hook, ran) = (flake.path("hook"), flake.path("ran"));
    fs::write(&hook, format!("#!/bin/sh\necho ran > {}\n", ran.display())).unwrap();
    fs::set_permissions(&hook, PermissionsExt::from_mode(0o755)).unwrap();
    let more = format!(
        "pre-build-hook = {0}\npost-build-hook = {0}\nbuilders = ssh://bob:pw@m.example other-system\n",
        hook.display()
    );
    fs::write(flake.path("more.conf"), &more).unwrap();
    let (_, first) = flake.state("out", &[]);
    let environment = &first.predicate.environment;
    let settings = environment.settings.as_ref().unwrap();
    let hooks = ["pre-build-hook", "post-build-hook"].map(|name| format!("{name}={}", hook.display()));
    assert_eq!((environment.built_by, &settings.hooks), (BuiltBy::Nix, &hooks.to_vec()));
    assert_eq!(
        (settings.sandbox.as_str(), &settings.builders),
        ("false", &vec!["ssh://m.example".to_owned()])
    );
    assert!(ran.exists(), "a hook that never runs proves nothing");
    // Nothing was built: nothing is known of how.
    let (_, taken) = flake.state("out", &[]);
    let environment = &taken.predicate.environment;
    assert_eq!((environment.built_by, &environment.settings), (BuiltBy::Nobody, &None));
    if !flake.can_rebuild() {
        return;
    }
    fs::remove_file(&ran).unwrap();
    let (_, again) = flake.state("out", &["--rebuild"]);
    let environment = &again.predicate.environment;
    let settings = environment.settings.as_ref().unwrap();
    assert_eq!((environment.built_by, settings.sandbox.as_str()), (BuiltBy::Rebuild, "true"));
    assert!(!settings.sandbox_fallback && settings.hooks.is_empty() && settings.builders.is_empty());
    assert!(settings.sandbox_paths.iter().any(|path| path.starts_with("/bin")), "{settings:?}");
    assert!(!ran.exists(), "a hook ran in a rebuild");
}

#[test]
fn a_nix_that_cannot_build_states_nothing() {
    let Some(flake) = Flake::new("broken", STABLE) else { return };
    // No build can have this in its sandbox.
    let broken = "sandbox = true\nsandbox-fallback = false\nsandbox-paths = /no/such/place\n";
    fs::write(flake.path("more.conf"), broken).unwrap();
    flake.refuses(&flake.sarsen("out", &[]), 7, "nix-broken");
    fs::write(flake.path("more.conf"), "").unwrap();
    assert_eq!(flake.state("out", &[]).0, Some(0));
    fs::remove_file(flake.path("bundle.jsonl")).unwrap();
    fs::write(flake.path("more.conf"), broken).unwrap();
    flake.refuses(&flake.sarsen("out", &["--rebuild"]), 7, "nix-broken");
    // What it does not wait for.
    fs::write(flake.path("more.conf"), "timeout = 1\n").unwrap();
    flake.write("out = shell \"out\" \"export PATH=/bin:/usr/bin; sleep 60\" { };");
    flake.refuses(&flake.sarsen("out", &[]), 7, "nix-broken");
    fs::write(flake.path("more.conf"), "").unwrap();
    // What this machine cannot even begin.
    flake.write("out = shell \"out\" \"echo 1 > $out\" { requiredSystemFeatures = [ \"no-such\" ]; };");
    flake.refuses(&flake.sarsen("out", &[]), 7, "nix-broken");
    // Builds that leave the disk full take it down with them before anybody could look.
    fs::write(flake.path("more.conf"), "").unwrap();
    flake.write("out = shell \"out\" \"echo 'cc: x.o: No space left on device' >&2; exit 1\" { };");
    flake.refuses(&flake.sarsen("out", &[]), 7, "nix-broken");
}

/// A daemon of this store, for as long as this lives.
struct Daemon(std::process::Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_daemons_settings_are_not_its_clients() {
    let Some(flake) = Flake::new("daemon", STABLE) else { return };
    let socket = flake.path("socket");
    let socket = socket.to_str().unwrap();
    // Without this, a daemon whose store is not there yet would ask itself for it.
    let mut daemon = flake.command("nix-daemon");
    daemon.arg("--daemon").env("NIX_REMOTE", "local").env("NIX_DAEMON_SOCKET_PATH", socket);
    let daemon = daemon.stdin(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn();
    let Ok(daemon) = daemon.map(Daemon) else {
        support::skip("there is no nix-daemon");
        return;
    };
    for _ in 0..200 {
        if Path::new(socket).exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let variables = [("NIX_REMOTE", "daemon"), ("NIX_DAEMON_SOCKET_PATH", socket)];
    let output = flake.sarsen_with("out", &[], &variables);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    drop(daemon);
    let statement = flake.statements().pop().unwrap();
    let environment = &statement.predicate.environment;
    assert_eq!((environment.built_by, &environment.settings), (BuiltBy::Daemon, &None));
    assert_eq!(statement.predicate.outputs[0].origin, Making::Built);
}

/// The other machine is another store of this one, which Nix asks in the same way.
#[test]
fn what_another_machine_built_is_copied() {
    let Some(flake) = Flake::new("remote", STABLE) else { return };
    if !flake.can_rebuild() {
        return;
    }
    let remote = flake.path("remote");
    fs::create_dir(&remote).unwrap();
    let system = format!("{}-linux", std::env::consts::ARCH);
    let more = format!(
        "max-jobs = 0\nrequire-sigs = false\nsandbox = true\nbuilders = {} {system} - 1 1\n",
        remote.display()
    );
    fs::write(flake.path("more.conf"), more).unwrap();
    let (code, statement) = flake.state("out", &[]);
    let environment = &statement.predicate.environment;
    assert_eq!((code, environment.built_by, &environment.settings), (Some(0), BuiltBy::Remote, &None));
    let output = &statement.predicate.outputs[0];
    assert_eq!((output.origin, output.signers.len()), (Making::Substituted, 0));
    let base = statement.predicate.closure.iter().find(|input| input.path.ends_with("-base")).unwrap();
    assert_eq!((base.origin, base.signers.len()), (Origin::Substituted, 0));
}
