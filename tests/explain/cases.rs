//! The table: every cause that is predicted, as a real file.

use super::case::*;
use super::program::*;

/// All cases for programs of `machine`.
pub fn all(machine: Machine) -> Vec<Case> {
    let mut cases = paths(machine);
    cases.extend(formats(machine));
    cases.extend(interpreters(machine));
    cases.extend(interpreter_files(machine));
    cases.extend(scripts(machine));
    cases.extend(super::mapped::cases(machine));
    cases
}

/// The path that is started, and permissions.
fn paths(machine: Machine) -> Vec<Case> {
    let app = Program::new(machine).build();
    let new = |name, id, end| Case::new(name, app.clone(), id, end);
    vec![
        new("starts", "", STARTS),
        new("not-executable", "path-not-executable", EACCES).mode(0o644),
        new("folder", "path-not-file", EACCES).item("sub", Item::Folder(0o755)).start("sub"),
        new("fifo", "path-not-file", EACCES).item("fifo", Item::Fifo).start("fifo"),
        new("absent", "path-missing", ENOENT).start("nothing"),
        new("absent-folder", "path-missing", ENOENT).start("no/app"),
        new("below-a-file", "path-not-directory", ENOTDIR).start("app/app"),
        new("slash", "path-not-directory", ENOTDIR).start("app/"),
        new("dangling", "path-missing", ENOENT).item("link", Item::Link("none".into())).start("link"),
        new("loop", "path-loop", ELOOP)
            .item("a", Item::Link("b".into()))
            .item("b", Item::Link("a".into()))
            .start("a"),
        new("long-name", "path-too-long", ENAMETOOLONG).start(&"x".repeat(256)),
        new("long-path", "path-too-long", ENAMETOOLONG).start(&"x/".repeat(2048)),
        new("link", "", STARTS).item("link", Item::Link("/link/app".into())).start("link"),
        new("linked-folder", "", STARTS).item("up", Item::Link("../linked-folder".into())).start("up/app"),
        new("noexec", "mount-noexec", EACCES),
        new("others", "", STARTS).user(1000),
        new("owner-only", "path-not-executable", EACCES).mode(0o700).user(1000),
        new("group-only", "path-not-executable", EACCES).mode(0o750).user(1000),
        new("closed-folder", "path-not-searchable", EACCES)
            .file("in/app", app.clone())
            .item("in", Item::Folder(0o700))
            .start("in/app")
            .user(1000),
        new("closed-behind-link", "path-not-searchable", EACCES)
            .file("in/app", app.clone())
            .item("in", Item::Folder(0o744))
            .item("link", Item::Link("in/app".into()))
            .start("link")
            .user(1000),
        new("root-in-closed-folder", "", STARTS)
            .file("in/app", app.clone())
            .item("in", Item::Folder(0))
            .start("in/app"),
        new("any-x-bit-for-root", "", STARTS).mode(0o001),
    ]
}

/// The first 256 bytes, and the program headers.
fn formats(machine: Machine) -> Vec<Case> {
    let good = || Program::new(machine);
    let new = |name, id, end, change: &dyn Fn(&mut Program)| {
        Case::program(name, &good().with(|program| change(program)), id, end)
    };
    let many = |count: u16| {
        move |p: &mut Program| {
            (p.size, p.table, p.count) = (0x20000, 0x1000, Some(count));
            p.segments.resize(count.into(), segment(0, 0, 0, 0, 0));
        }
    };
    vec![
        Case::new("empty", Vec::new(), "format-empty", ENOEXEC),
        Case::new("text", b"echo hello\n".to_vec(), "format-unknown", ENOEXEC),
        Case::new("blank", vec![0; 4096], "format-unknown", ENOEXEC),
        Case::new("magic-alone", b"\x7fELF".to_vec(), "elf-type", ENOEXEC),
        new("header-cut", "elf-program-headers", ENOEXEC, &|p| p.cut = Some(50)),
        new("headers-cut", "elf-program-headers", ENOEXEC, &|p| p.cut = Some(64 + 57)),
        new("headers-outside", "elf-program-headers", ENOEXEC, &|p| p.table = 0x10_0000),
        new("headers-far-outside", "elf-program-headers", ENOEXEC, &|p| p.table = u64::MAX - 100),
        new("other-machine", "elf-machine", ENOEXEC, &|p| p.machine = machine.other()),
        new("riscv", "elf-machine", ENOEXEC, &|p| p.machine = 243),
        // None of these is looked at.
        new("class-32", "", STARTS, &|p| p.ident[4] = 1),
        new("big-endian", "", STARTS, &|p| p.ident[5] = 2),
        new("elf-version-0", "", STARTS, &|p| p.ident[6] = 0),
        new("os-abi", "", STARTS, &|p| p.ident[7] = 9),
        new("type-none", "elf-type", ENOEXEC, &|p| p.kind = 0),
        new("type-object", "elf-type", ENOEXEC, &|p| p.kind = 1),
        new("type-core", "elf-type", ENOEXEC, &|p| p.kind = 4),
        new("headers-57-bytes", "elf-program-headers", ENOEXEC, &|p| p.entry_size = 57),
        new("no-headers", "elf-program-headers", ENOEXEC, &|p| p.count = Some(0)),
        new("73-headers", "", STARTS, &many(73)),
        new("74-headers", "elf-program-headers", ENOEXEC, &many(74))
            .ends(|on| if on.page > 4096 || on.version > (6, 12) { STARTS } else { ENOEXEC }),
        new("293-headers", "elf-program-headers", ENOEXEC, &many(293))
            .ends(|on| if on.page > 16384 || on.version > (6, 12) { STARTS } else { ENOEXEC }),
        new("1171-headers", "elf-program-headers", ENOEXEC, &many(1171)),
        new("no-stack-header", "", STARTS, &|p| p.segments.truncate(1)),
        new("executable-stack", "", STARTS, &|p| p.segments[1].flags = 7),
        Case::program("movable", &good().movable(), "", STARTS),
        // Only arm64 kernels look.
        new("property-cut", "property-note", EIO, &|p| p.segments.push(segment(PROPERTY, 4, SIZE, 0, 32)))
            .ends(|on| if on.machine == Machine::Aarch64 { EIO } else { STARTS }),
        new("property-wrong", "property-note", ENOEXEC, &|p| {
            p.segments.push(segment(PROPERTY, 4, CODE, 0, 32));
        })
        .ends(|on| if on.machine == Machine::Aarch64 { ENOEXEC } else { STARTS }),
        new("property-large", "property-note", ENOEXEC, &|p| {
            p.segments.push(segment(PROPERTY, 4, 0, 0, 1025));
        })
        .ends(|on| if on.machine == Machine::Aarch64 { ENOEXEC } else { STARTS }),
        new("property-good", "", STARTS, &|p| {
            let words = [4, 16, 5, u32::from_le_bytes(*b"GNU\0"), 0xc000_0000, 4, 3, 0];
            p.bytes.push((0xa00, words.map(u32::to_le_bytes).concat()));
            p.segments.push(segment(PROPERTY, 4, 0xa00, 0, 32));
        }),
        new("property-unsorted", "property-note", ENOEXEC, &|p| {
            let words = [4, 32, 5, u32::from_le_bytes(*b"GNU\0"), 0xc000_0000, 4, 3, 0, 0xc000_0000, 4, 3, 0];
            p.bytes.push((0xa00, words.map(u32::to_le_bytes).concat()));
            p.segments.push(segment(PROPERTY, 4, 0xa00, 0, 48));
        })
        .ends(|on| if on.machine == Machine::Aarch64 { ENOEXEC } else { STARTS }),
    ]
}

/// The path in PT_INTERP.
fn interpreters(machine: Machine) -> Vec<Case> {
    let with = |raw: &[u8]| Program::new(machine).interpreted(raw);
    let new = |name, raw: &[u8], id, end| Case::program(name, &with(raw), id, end);
    let moved = |name, id, end, offset| {
        let program = with(b"/starts/app\0").with(|p| p.segments.last_mut().unwrap().offset = offset);
        Case::program(name, &program, id, end)
    };
    let runs = End::Exit(INTERPRETER);
    let mut long = vec![b'/'; 4082];
    long.extend(b"loader-runs/ld\0");
    vec![
        new("interpreter-absent", b"/lib/ld-none.so.1\0", "interpreter-missing", ENOENT),
        new("interpreter-folder", b"/starts\0", "interpreter-not-file", EACCES),
        new("interpreter-mode", b"/not-executable/app\0", "interpreter-not-executable", EACCES),
        new("interpreter-below-file", b"/starts/app/ld\0", "interpreter-not-directory", ENOTDIR),
        new("interpreter-loop", b"/loop/a\0", "interpreter-loop", ELOOP),
        new(
            "interpreter-long-name",
            format!("/{}\0", "x".repeat(256)).as_bytes(),
            "interpreter-too-long",
            ENAMETOOLONG,
        ),
        new("interpreter-noexec", b"/noexec/app\0", "mount-noexec", EACCES),
        new("interpreter-closed", b"/closed-folder/in/app\0", "interpreter-not-searchable", EACCES)
            .user(1000),
        new("interpreter-1-byte", b"\0", "interpreter-path", ENOEXEC),
        new("interpreter-empty", b"\0\0", "interpreter-not-file", EACCES),
        new("interpreter-no-nul", b"/starts/app", "interpreter-path", ENOEXEC),
        new("interpreter-4097-bytes", &long, "interpreter-path", ENOEXEC),
        new("interpreter-4096-bytes", &long[1..], "", runs),
        moved("interpreter-outside", "interpreter-path-unread", EIO, 0x10_0000),
        moved("interpreter-negative", "interpreter-path-unread", EINVAL, 1 << 63),
        moved("interpreter-wrapped", "interpreter-path-unread", EINVAL, u64::MAX - 4),
        // The text behind the first NUL is not read, nor is a second PT_INTERP.
        new("interpreter-two-nul", b"/loader-runs/ld\0/none\0", "", runs),
        Case::program("interpreter-second", &with(b"/loader-runs/ld\0").interpreted(b"/none\0"), "", runs),
    ]
}

/// The file that PT_INTERP names.
fn interpreter_files(machine: Machine) -> Vec<Case> {
    let new = |name: &'static str, file: Vec<u8>, id, end| {
        let program = Program::new(machine).interpreted(format!("/{name}/ld\0").as_bytes());
        Case::program(name, &program, id, end).file("ld", file)
    };
    let loader =
        |change: &dyn Fn(&mut Program)| Program::interpreter(machine).with(|program| change(program)).build();
    let runs = End::Exit(INTERPRETER);
    vec![
        new("loader-runs", loader(&|_| ()), "", runs),
        new("loader-empty", Vec::new(), "interpreter-short", EIO),
        new("loader-63-bytes", loader(&|p| p.cut = Some(63)), "interpreter-short", EIO),
        new("loader-text", vec![b'#'; 64], "interpreter-not-elf", ELIBBAD),
        new("loader-script", b"#!/starts/app\n".repeat(8), "interpreter-not-elf", ELIBBAD),
        new("loader-machine", loader(&|p| p.machine = machine.other()), "interpreter-machine", ELIBBAD),
        new("loader-headers", loader(&|p| p.entry_size = 0), "interpreter-headers", ELIBBAD),
        new("loader-no-headers", loader(&|p| p.count = Some(0)), "interpreter-headers", ELIBBAD),
        new("loader-object", loader(&|p| p.kind = 1), "interpreter-type", SIGSEGV),
        new("loader-nothing", loader(&|p| p.segments[0].kind = 0), "no-segments", SIGSEGV),
        new("loader-misaligned", loader(&|p| p.segments[0].offset = 0x10), "segment-misaligned", SIGSEGV),
        new("loader-sizes", loader(&|p| p.segments[0].memory = 0x10), "segment-size", SIGSEGV),
        new("loader-entry", loader(&|p| p.entry = 0x40_0000), "entry-unmapped", SIGSEGV),
        new("loader-asks-too", Program::interpreter(machine).interpreted(b"/none\0").build(), "", runs),
        new(
            "loader-fixed",
            loader(&|p| {
                (p.kind, p.entry) = (2, 0x100_0000 + CODE);
                p.segments[0].address = 0x100_0000;
            }),
            "",
            runs,
        ),
        // Its last page cannot be zeroed behind its end.
        new(
            "loader-read-only-end",
            loader(&|p| {
                (p.segments[0].file, p.segments[0].memory) = (0x1010, 0x1010);
            }),
            "segment-padding",
            SIGSEGV,
        )
        .ends(move |on| if on.version < (6, 7) { SIGSEGV } else { runs }),
        // The interpreter starts whatever the program's entry point and segments are.
        {
            let program = Program::new(machine).interpreted(b"/loader-runs/ld\0");
            let program = program.with(|p| {
                p.segments[0].kind = 0;
                p.entry = 0;
            });
            Case::program("loader-alone", &program, "", runs)
        },
        {
            let program = Program::new(machine).movable().interpreted(b"/loader-runs/ld\0");
            Case::program("loader-movable", &program, "", runs)
        },
    ]
}

/// `#!` lines.
fn scripts(machine: Machine) -> Vec<Case> {
    let new = |name, text: &str, id, end| Case::new(name, text.as_bytes().to_vec(), id, end);
    let slashes = |size: usize, end: &str| format!("#!{}starts/app{end}", "/".repeat(size - 12));
    let chain = |name: &'static str, length: usize, id, end| {
        let case = new(name, &format!("#!/{name}/1\n"), id, end);
        (1..length).fold(case, |case, index| {
            let next =
                if index + 1 == length { "/starts/app".into() } else { format!("/{name}/{}", index + 1) };
            case.file(&index.to_string(), format!("#!{next}\n").into_bytes())
        })
    };
    vec![
        new("script", "#!/starts/app\n", "", STARTS),
        new("script-no-newline", "#!/starts/app", "", STARTS),
        new("script-argument", "#! \t/starts/app -e -x \n", "", STARTS),
        new("script-absent", "#!/bin/nothing\n", "script-interpreter-missing", ENOENT),
        new("script-crlf", "#!/starts/app\r\n", "script-carriage-return", ENOENT),
        new("script-crlf-argument", "#!/starts/app -e\r\n", "", STARTS),
        new("script-folder", "#!/starts\n", "script-interpreter-not-file", EACCES),
        new("script-mode", "#!/not-executable/app\n", "script-interpreter-not-executable", EACCES),
        new("script-noexec", "#!/noexec/app\n", "mount-noexec", EACCES),
        new("script-loop", "#!/loop/a\n", "script-interpreter-loop", ELOOP),
        new("script-below-file", "#!/starts/app/x\n", "script-interpreter-not-directory", ENOTDIR),
        new("script-closed", "#!/closed-folder/in/app\n", "script-interpreter-not-searchable", EACCES)
            .user(1000),
        new("script-no-name", "#!\n", "script-no-interpreter", ENOEXEC),
        new("script-blanks", "#! \t \n", "script-no-interpreter", ENOEXEC),
        new("script-two-bytes", "#!", "script-interpreter-not-file", EACCES),
        new("script-relative", "#!starts/app\n", "", STARTS),
        new("script-relative-absent", "#!app\n", "script-interpreter-missing", ENOENT),
        new("script-255", &slashes(255, "\n"), "", STARTS),
        new("script-256", &slashes(256, "\n"), "script-line-cut", ENOEXEC),
        new("script-256-blank", &slashes(255, " -e\n"), "", STARTS),
        new("script-long-argument", &format!("#!/starts/app {}\n", "x".repeat(500)), "", STARTS),
        new("script-machine", "#!/other-machine/app\n", "elf-machine", ENOEXEC),
        new("script-loader", "#!/interpreter-absent/app\n", "interpreter-missing", ENOENT),
        chain("script-5", 5, "", STARTS),
        chain("script-6", 6, "script-nesting", ELOOP),
        new("script-of-itself", "#!/script-of-itself/app\n", "script-nesting", ELOOP),
        new("script-mode-itself", "#!/starts/app\n", "path-not-executable", EACCES).mode(0o644),
        Case::program(
            "loader-script-chain",
            &Program::new(machine).interpreted(b"/script/app\0"),
            "interpreter-short",
            EIO,
        ),
    ]
}
