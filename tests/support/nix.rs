//! Nix in a store of its own.

use std::path::Path;
use std::process::Command;

/// A program of Nix with a store in `folder`, and none of this machine's settings but those given.
pub fn command(folder: &Path, program: &str, settings: &str) -> Command {
    let mut command = Command::new(program);
    for (variable, place) in [
        ("NIX_STORE_DIR", "store"),
        ("NIX_STATE_DIR", "state"),
        ("NIX_LOG_DIR", "log"),
        ("NIX_CONF_DIR", "conf"),
        ("HOME", "home"),
        ("XDG_CACHE_HOME", "cache"),
    ] {
        command.env(variable, folder.join(place));
    }
    let settings = format!(
        "experimental-features = nix-command flakes\nbuild-users-group =\nsubstituters =\n{settings}"
    );
    // Nix wants a name of its user, who may have none on this machine.
    command.env("USER", "tests").env_remove("NIX_REMOTE").env("NIX_CONFIG", settings);
    command
}
