//! What is predicted of dynamic loaders is what they do: programs are built with this machine's compilers for glibc and
//! musl, started inside a tree of their own, and compared by exit status, by every word on standard error and by every
//! path that strace(1) sees them open.

mod support;

use std::path::Path;

use sarsen::elf::Image;
use sarsen::loader::End;
use sarsen::loader::dynamic::{Environment, Linked, When, World};
use sarsen::rootfs::Tree;
use support::device::{Device, Libc, missing};

/// A case: its name, what is in the tree, the program, its variables, and what the loader must say in it.
struct Case {
    name: &'static str,
    make: fn(&Device),
    program: &'static str,
    variables: &'static [(&'static str, &'static str)],
    says: &'static str,
}

const fn case(name: &'static str, says: &'static str, make: fn(&Device)) -> Case {
    Case { name, make, program: "/bin/app", variables: &[], says }
}

const fn with(variables: &'static [(&'static str, &'static str)], case: Case) -> Case {
    Case { variables, ..case }
}

fn predict(device: &Device, case: &Case) -> Linked {
    let world = World::new(Tree::open(device.root()).unwrap());
    let (path, node) = world.tree().resolve(Path::new(case.program)).unwrap();
    let bytes = world.tree().read(&node).unwrap();
    let image = Image::parse(&bytes, case.program).unwrap();
    let variable =
        |name| case.variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
    let environment = Environment {
        argv0: Some(case.program.to_owned()),
        library_path: variable("LD_LIBRARY_PATH"),
        preload: variable("LD_PRELOAD"),
        bind_now: variable("LD_BIND_NOW").is_some(),
        hwcaps: levels(),
        secure: false,
    };
    world.link(&path, &image, &environment).unwrap()
}

/// The levels of this machine's processor that its glibc searches, best first.
fn levels() -> Vec<String> {
    let help = std::process::Command::new("/lib64/ld-linux-x86-64.so.2").arg("--help").output();
    let text = help.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let levels = text.lines().filter_map(|line| line.trim().strip_suffix(" (supported, searched)"));
    levels.filter(|level| level.starts_with("x86-64-v")).map(str::to_owned).collect()
}

/// Paths below folders that loaders before glibc 2.37 try for processors of old: tls/, haswell/, x86_64/ …
fn is_legacy(path: &str) -> bool {
    path.split('/').any(|name| ["tls", "haswell", "x86_64", "avx512_1", "xeon_phi"].contains(&name))
}

fn compare(libc: Libc, cases: &[Case]) {
    let lacking = missing(libc);
    if !lacking.is_empty() {
        println!("skipped: {} not here, so no program was started", lacking.join(", "));
        return;
    }
    let mut differences = Vec::new();
    for case in cases {
        let name = case.name;
        let device = Device::new(
            &format!("{libc:?}-{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), "-")),
            libc,
        );
        (case.make)(&device);
        let linked = predict(&device, case);
        let real = device.start(case.program, case.variables);
        // What is bound at the first call ends there: every function of these programs is called.
        let deferred = linked.problems.iter().find(|problem| problem.when == When::FirstCall);
        let (status, says) = match (linked.end(), deferred.map(|problem| &problem.cause.end)) {
            (End::Exit { status, says }, _) => (i32::from(status), says),
            (End::Starts, Some(End::Exit { status, says })) => (i32::from(*status), says.clone()),
            (End::Starts, _) => (0, linked.says()),
            other => panic!("{name}: {other:?}"),
        };
        let tried = linked.steps.iter().filter_map(|step| step.call.split('"').nth(1));
        let tried: Vec<&str> = tried.filter(|path| !is_legacy(path)).collect();
        let opened: Vec<&str> =
            real.opened.iter().map(String::as_str).filter(|path| !is_legacy(path)).collect();
        if (real.status, &real.stderr) != (Some(status), &says) {
            differences.push(format!(
                "{name}: predicted {status} {says:?}, seen {:?} {:?}",
                real.status, real.stderr
            ));
        }
        if opened != tried {
            let same = opened.iter().zip(&tried).take_while(|(seen, predicted)| seen == predicted).count();
            differences.push(format!("{name}: predicted {:?}, seen {:?}", &tried[same..], &opened[same..]));
        }
        if !says.contains(case.says) || says.is_empty() != case.says.is_empty() {
            differences.push(format!("{name} shows {says:?}, not {:?}", case.says));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

const SHARED: &[&str] = &["-Wl,-soname,liba.so"];

fn glibc_cases() -> Vec<Case> {
    vec![
        case("everything is there", "", |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"]);
        }),
        case("a library is missing", "liba.so: cannot open shared object file: No such file", |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/nowhere:/opt/empty"]);
            d.write("/opt/empty/x", b"");
        }),
        case("RUNPATH is not for the libraries' needs", "libb.so: cannot open", |d| {
            chain(d, "--enable-new-dtags", None)
        }),
        case("RPATH is", "", |d| chain(d, "--disable-new-dtags", None)),
        case(
            "a RUNPATH of the library takes the program's RPATH out of effect",
            "libb.so: cannot open",
            |d| {
                chain(d, "--disable-new-dtags", Some("-Wl,--enable-new-dtags,-rpath,/opt/other"));
            },
        ),
        case("an RPATH of the library comes before the program's", "", |d| {
            chain(d, "--disable-new-dtags", Some("-Wl,--disable-new-dtags,-rpath,/opt/other"));
        }),
        with(
            &[("LD_LIBRARY_PATH", "/env;/env2:")],
            case("LD_LIBRARY_PATH comes before RUNPATH", "", |d| both(d, "--enable-new-dtags")),
        ),
        with(
            &[("LD_LIBRARY_PATH", "/env")],
            case("RPATH comes before LD_LIBRARY_PATH", "", |d| both(d, "--disable-new-dtags")),
        ),
        Case {
            program: "/bin/link",
            ..case("$ORIGIN is the folder without links", "", |d| {
                d.library("/opt/app/lib/liba.so", &["a"], SHARED);
                let rpath = "-Wl,-rpath,${ORIGIN}/../lib:$ORIGIN/$PLATFORM:/opt/$LIB:$OTHER/x";
                d.program("/opt/app/bin/app", &["a"], &["@/opt/app/lib/liba.so", rpath]);
                d.link("../opt/app/bin/app", "/bin/link");
            })
        },
        case("$LIB and $PLATFORM", "liba.so: cannot open", |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.program(
                "/bin/app",
                &["a"],
                &["@/opt/lib/liba.so", "-Wl,-rpath,/x/$LIB:/y/$PLATFORM/z:/z/$ORIGINAL"],
            );
        }),
        case("the cache", "", |d| {
            d.library("/opt/cached/liba.so", &["a"], SHARED);
            d.program("/bin/app", &["a"], &["@/opt/cached/liba.so"]);
            d.ldconfig("/opt/cached\n");
        }),
        case("an entry of the cache whose file is gone", "", |d| {
            d.library("/opt/cached/liba.so", &["a"], SHARED);
            d.program("/bin/app", &["a"], &["@/opt/cached/liba.so"]);
            d.ldconfig("/opt/cached\n");
            std::fs::rename(d.path("/opt/cached/liba.so"), d.path("/lib/liba.so")).unwrap();
        }),
        case("-z nodefaultlib", "libc.so.6: cannot open shared object file", |d| {
            d.program("/bin/app", &[], &["-Wl,-z,nodefaultlib"]);
            d.ldconfig("/lib/x86_64-linux-gnu\n");
        }),
        case("a better library for the processor", "", |d| {
            d.library("/opt/lib/glibc-hwcaps/x86-64-v2/liba.so", &["a"], SHARED);
            d.program(
                "/bin/app",
                &["a"],
                &["@/opt/lib/glibc-hwcaps/x86-64-v2/liba.so", "-Wl,-rpath,/opt/lib"],
            );
        }),
        case("a better library in the cache", "", |d| {
            d.library("/opt/lib/glibc-hwcaps/x86-64-v2/liba.so", &["a"], SHARED);
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.program("/bin/app", &["a"], &["@/opt/lib/liba.so"]);
            d.ldconfig("/opt/lib\n");
        }),
        case("files for other machines are passed over", "", |d| {
            wrong(d, |d| d.patch("/opt/1/liba.so", 18, 183));
        }),
        case("files of the other class are passed over", "", |d| {
            wrong(d, |d| d.patch("/opt/1/liba.so", 4, 1))
        }),
        case("nothing but the other class", "liba.so: wrong ELF class: ELFCLASS32", |d| {
            wrong(d, |d| d.patch("/opt/1/liba.so", 4, 1));
            d.remove("/opt/2/liba.so");
        }),
        case(
            "another byte order ends the start",
            "/opt/1/liba.so: ELF file data encoding not little-endian",
            |d| {
                wrong(d, |d| d.patch("/opt/1/liba.so", 5, 2));
            },
        ),
        case("another OS/ABI", "/opt/1/liba.so: ELF file OS ABI invalid", |d| {
            wrong(d, |d| d.patch("/opt/1/liba.so", 7, 9));
        }),
        case("an object file", "/opt/1/liba.so: only ET_DYN and ET_EXEC can be loaded", |d| {
            wrong(d, |d| d.patch("/opt/1/liba.so", 16, 1));
        }),
        case("a program at a fixed address", "liba.so: cannot dynamically load executable", |d| {
            wrong(d, |d| d.patch("/opt/1/liba.so", 16, 2));
        }),
        case("a text", "/opt/1/liba.so: invalid ELF header", |d| {
            wrong(d, |d| d.write("/opt/1/liba.so", &[b'#'; 100]))
        }),
        case("an empty file", "/opt/1/liba.so: file too short", |d| {
            wrong(d, |d| d.write("/opt/1/liba.so", b""))
        }),
        case("a directory", "/opt/1/liba.so: cannot read file data: Error 21", |d| {
            wrong(d, |d| {
                d.remove("/opt/1/liba.so");
                d.write("/opt/1/liba.so/x", b"");
            });
        }),
        case(
            "a link to itself ends the search of the list",
            "liba.so: cannot open shared object file: No such file",
            |d| {
                wrong(d, |d| {
                    d.remove("/opt/1/liba.so");
                    d.link("liba.so", "/opt/1/liba.so");
                });
            },
        ),
        case("a path through a file", "", |d| {
            wrong(d, |d| {
                d.remove("/opt/1/liba.so");
                std::fs::remove_dir(d.path("/opt/1")).unwrap();
                d.write("/opt/1", b"");
            });
        }),
        case(
            "a program as a library",
            "libprog.so: cannot dynamically load position-independent executable",
            |d| {
                d.program("/opt/libprog.so", &[], &["-pie"]);
                d.library("/opt/stub/libprog.so", &["p"], &["-Wl,-soname,libprog.so"]);
                d.program("/bin/app", &[], &["@/opt/stub/libprog.so", "-Wl,-rpath,/opt"]);
            },
        ),
        case("a name with a slash", "", |d| {
            d.library("/opt/lib/liba.so", &["a"], &["-Wl,-soname,/opt/lib/liba.so"]);
            d.program("/bin/app", &["a"], &["@/opt/lib/liba.so"]);
        }),
        case("a name with a slash that is gone", "/opt/lib/liba.so: cannot open shared object file", |d| {
            d.library("/opt/lib/liba.so", &["a"], &["-Wl,-soname,/opt/lib/liba.so"]);
            d.program("/bin/app", &["a"], &["@/opt/lib/liba.so"]);
            d.remove("/opt/lib/liba.so");
        }),
        case("one file under two names", "", |d| {
            d.library("/opt/lib/libreal.so", &["a"], &[]);
            d.library("/opt/stub/libx.so", &["a"], &["-Wl,-soname,libx.so"]);
            d.library("/opt/stub/liby.so", &["a"], &["-Wl,-soname,liby.so"]);
            d.program(
                "/bin/app",
                &["a"],
                &["@/opt/stub/libx.so", "@/opt/stub/liby.so", "-Wl,-rpath,/opt/lib"],
            );
            d.link("libreal.so", "/opt/lib/libx.so");
            d.link("libreal.so", "/opt/lib/liby.so");
        }),
        case("a soname serves for the name", "", |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.library("/opt/stub/libx.so", &["a"], &["-Wl,-soname,libx.so"]);
            d.program(
                "/bin/app",
                &["a"],
                &["@/opt/stub/libx.so", "@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"],
            );
            d.link("liba.so", "/opt/lib/libx.so");
        }),
        case(
            "versions that are not there",
            "/opt/lib/liba.so: version `A_3' not found (required by /bin/app)",
            |d| {
                versioned(d, "A_1 { global: a; }; A_2 { global: b; }; A_3 { global: c; };");
                d.compile(
                    "/opt/lib/liba.so",
                    ABC,
                    &["-shared", "-fPIC", SHARED[0], &map(d, "A_1 { global: a; b; c; };")],
                );
            },
        ),
        case(
            "a library without versions",
            "/opt/lib/liba.so: no version information available (required by /bin/app)",
            |d| {
                versioned(d, "A_1 { global: a; b; c; };");
                d.library("/opt/lib/liba.so", &["a", "b", "c"], SHARED);
            },
        ),
        case("a version without its symbol", "undefined symbol: b, version A_1", |d| {
            versioned(d, "A_1 { global: a; b; c; };");
            d.compile(
                "/opt/lib/liba.so",
                "int a(void) { return 0; } int c(void) { return 0; }",
                &["-shared", "-fPIC", SHARED[0], &map(d, "A_1 { global: a; c; };")],
            );
        }),
        case(
            "a function that is bound at start",
            "symbol lookup error: /bin/app: undefined symbol: a",
            |d| gone(d, &["-Wl,-z,now"]),
        ),
        case("a function that is bound when it is called", "undefined symbol: a", |d| {
            gone(d, &["-Wl,-z,lazy"])
        }),
        with(
            &[("LD_BIND_NOW", "1")],
            case("LD_BIND_NOW", "undefined symbol: a", |d| gone(d, &["-Wl,-z,lazy"])),
        ),
        case(
            "a variable is bound at start",
            "symbol lookup error: /opt/lib/libb.so: undefined symbol: v",
            |d| {
                d.compile("/opt/lib/liba.so", "int v;", &["-shared", "-fPIC", SHARED[0]]);
                d.compile(
                    "/opt/lib/libb.so",
                    "extern int v; int b(void) { return v; }",
                    &["-shared", "-fPIC", "-Wl,-soname,libb.so", "@/opt/lib/liba.so"],
                );
                d.program(
                    "/bin/app",
                    &["b"],
                    &["@/opt/lib/libb.so", "-Wl,-rpath,/opt/lib", "-Wl,--disable-new-dtags", "-Wl,-z,lazy"],
                );
                d.compile("/opt/lib/liba.so", "int w;", &["-shared", "-fPIC", SHARED[0]]);
            },
        ),
        case("weak symbols may be absent", "", |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            let source =
                "int a(void); int __attribute__((weak)) w(void); int main(void) { return w ? 1 : a(); }";
            d.compile("/bin/app", source, &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"]);
        }),
        with(
            &[("LD_PRELOAD", "libp.so:/opt/lib/liba.so")],
            case("LD_PRELOAD", "object 'libp.so' from LD_PRELOAD cannot be preloaded", |d| {
                d.library("/opt/lib/liba.so", &["a"], SHARED);
                d.program("/bin/app", &["a"], &["@/opt/lib/liba.so"]);
            }),
        ),
    ]
}

const ABC: &str = "int a(void) { return 0; } int b(void) { return 0; } int c(void) { return 0; }";

/// A linker's version script in the tree, as a flag.
fn map(device: &Device, text: &str) -> String {
    device.write("/versions.map", format!("{text}\n").as_bytes());
    "-Wl,--version-script=@/versions.map".into()
}

/// A program that was linked to a library with these versions.
fn versioned(device: &Device, versions: &str) {
    device.compile("/opt/lib/liba.so", ABC, &["-shared", "-fPIC", SHARED[0], &map(device, versions)]);
    device.program(
        "/bin/app",
        &["a", "b", "c"],
        &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib", "-Wl,-z,lazy"],
    );
}

/// The program needs liba.so, which needs libb.so; both are in /opt/lib, a second libb.so in /opt/elsewhere.
fn chain(device: &Device, tags: &str, own: Option<&str>) {
    device.library("/opt/lib/libb.so", &["b"], &["-Wl,-soname,libb.so"]);
    let flags = ["-Wl,-soname,liba.so", "@/opt/lib/libb.so"].into_iter().chain(own).collect::<Vec<_>>();
    device.library("/opt/lib/liba.so", &["a"], &flags);
    device.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib", &format!("-Wl,{tags}")]);
}

/// The library is in the program's own path and in /env.
fn both(device: &Device, tags: &str) {
    device.library("/opt/lib/liba.so", &["a"], SHARED);
    device.library("/env/liba.so", &["a"], SHARED);
    device.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib", &format!("-Wl,{tags}")]);
}

/// A library that is changed in /opt/1 and good in /opt/2.
fn wrong(device: &Device, change: fn(&Device)) {
    device.library("/opt/1/liba.so", &["a"], SHARED);
    device.library("/opt/2/liba.so", &["a"], SHARED);
    device.program("/bin/app", &["a"], &["@/opt/2/liba.so", "-Wl,-rpath,/opt/1:/opt/2"]);
    change(device);
}

/// A program whose library has lost the function.
fn gone(device: &Device, flags: &[&str]) {
    device.library("/opt/lib/liba.so", &["a"], SHARED);
    device.program("/bin/app", &["a"], &[&["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"], flags].concat());
    device.library("/opt/lib/liba.so", &["other"], SHARED);
}

#[test]
fn glibc_does_what_is_predicted() {
    compare(Libc::Glibc, &glibc_cases());
}

fn musl_cases() -> Vec<Case> {
    vec![
        case("everything is there", "", |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"]);
        }),
        case(
            "a library is missing",
            "Error loading shared library liba.so: No such file or directory (needed by /bin/app)",
            |d| {
                d.library("/opt/lib/liba.so", &["a"], SHARED);
                d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/nowhere:/opt/empty"]);
            },
        ),
        case("RUNPATH is for the libraries' needs too", "", |d| chain(d, "--enable-new-dtags", None)),
        case("the paths of both are searched", "", |d| {
            chain(d, "--disable-new-dtags", Some("-Wl,--enable-new-dtags,-rpath,/opt/other"));
        }),
        with(
            &[("LD_LIBRARY_PATH", "/env:/env2:")],
            case("LD_LIBRARY_PATH comes before RUNPATH", "", |d| both(d, "--enable-new-dtags")),
        ),
        with(
            &[("LD_LIBRARY_PATH", "/env")],
            case("and before RPATH", "", |d| both(d, "--disable-new-dtags")),
        ),
        Case {
            program: "/bin/link",
            ..case("$ORIGIN is the folder without links", "", |d| {
                d.library("/opt/app/lib/liba.so", &["a"], SHARED);
                d.program(
                    "/opt/app/bin/app",
                    &["a"],
                    &["@/opt/app/lib/liba.so", "-Wl,-rpath,${ORIGIN}/../lib:$ORIGIN"],
                );
                d.link("../opt/app/bin/app", "/bin/link");
            })
        },
        case("another token takes the path out of effect", "liba.so: No such file", |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib:/opt/$LIB"]);
        }),
        case("a path file takes the place of the default folders", "", |d| {
            default_folders(d);
            d.write("/etc/ld-musl-x86_64.path", b"/opt/x\n\n/opt/lib:/opt/y\n");
        }),
        case("so does one without the folder", "liba.so: No such file", |d| {
            d.library("/lib/liba.so", &["a"], SHARED);
            d.program("/bin/app", &["a"], &["@/lib/liba.so"]);
            d.write("/etc/ld-musl-x86_64.path", b"/opt/x\n");
        }),
        case("an empty path file leaves nothing", "liba.so: No error information", |d| {
            default_folders(d);
            d.write("/etc/ld-musl-x86_64.path", b"");
        }),
        case("a path file that is a directory", "liba.so: Is a directory", |d| {
            default_folders(d);
            d.write("/etc/ld-musl-x86_64.path/x", b"");
        }),
        case("a path file that is a link to itself", "liba.so: Symbolic link loop", |d| {
            default_folders(d);
            d.link("ld-musl-x86_64.path", "/etc/ld-musl-x86_64.path");
        }),
        case("the default folders", "", |d| {
            d.library("/usr/lib/liba.so", &["a"], SHARED);
            d.program("/bin/app", &["a"], &["@/usr/lib/liba.so"]);
        }),
        case("a file for another machine whose relocations are known", "", |d| {
            wrong(d, |d| d.patch("/opt/1/liba.so", 18, 183))
        }),
        case("a file with another class byte", "", |d| wrong(d, |d| d.patch("/opt/1/liba.so", 4, 1))),
        case("a real file of the other class", "liba.so: Exec format error", |d| {
            wrong(d, |d| {
                d.compile_with("gcc", "/opt/1/liba.so", "int a;", &["-m32", "-shared", "-nostdlib", "-fPIC"])
            });
        }),
        case("a text", "liba.so: Exec format error", |d| {
            wrong(d, |d| d.write("/opt/1/liba.so", &[b'#'; 2000]))
        }),
        case("an empty file", "liba.so: Exec format error", |d| wrong(d, |d| d.write("/opt/1/liba.so", b""))),
        case("an object file", "liba.so: Exec format error", |d| {
            wrong(d, |d| d.patch("/opt/1/liba.so", 16, 1))
        }),
        case("a directory", "liba.so: Is a directory", |d| {
            wrong(d, |d| {
                d.remove("/opt/1/liba.so");
                d.write("/opt/1/liba.so/x", b"");
            });
        }),
        case("a link to itself ends the whole search", "liba.so: Symbolic link loop", |d| {
            wrong(d, |d| {
                d.remove("/opt/1/liba.so");
                d.link("liba.so", "/opt/1/liba.so");
            });
        }),
        case("a path through a file", "", |d| {
            wrong(d, |d| {
                d.remove("/opt/1/liba.so");
                std::fs::remove_dir(d.path("/opt/1")).unwrap();
                d.write("/opt/1", b"");
            });
        }),
        case("a name with a slash that is gone", "/opt/lib/liba.so: No such file or directory", |d| {
            d.library("/opt/lib/liba.so", &["a"], &["-Wl,-soname,/opt/lib/liba.so"]);
            d.program("/bin/app", &["a"], &["@/opt/lib/liba.so"]);
            d.remove("/opt/lib/liba.so");
        }),
        case("libraries that are musl itself", "", |d| {
            let names = ["libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1"];
            let stubs = names.map(|name| format!("/stub/{name}"));
            for (name, stub) in names.iter().zip(&stubs) {
                d.library(stub, &[], &[&format!("-Wl,-soname,{name}"), "-nostdlib"]);
            }
            let flags = stubs.map(|stub| format!("@{stub}"));
            d.program("/bin/app", &[], &flags.each_ref().map(String::as_str));
        }),
        case("another C library is not loaded", "", |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"]);
            d.compile(
                "/opt/lib/liba.so",
                "int a(void) { return 1; } int stdin; int __libc_start_main(void) { return 1; }",
                &["-shared", "-fPIC", "-nostdlib"],
            );
            d.library("/opt/lib2/liba2.so", &["a"], &["-Wl,-soname,liba2.so"]);
            d.program(
                "/bin/app",
                &["a"],
                &["@/opt/lib/liba.so", "@/opt/lib2/liba2.so", "-Wl,-rpath,/opt/lib:/opt/lib2"],
            );
        }),
        case("one file under two names", "", |d| {
            d.library("/opt/lib/libreal.so", &["a"], &[]);
            d.library("/opt/stub/libx.so", &["a"], &["-Wl,-soname,libx.so"]);
            d.library("/opt/stub/liby.so", &["a"], &["-Wl,-soname,liby.so"]);
            d.program(
                "/bin/app",
                &["a"],
                &["@/opt/stub/libx.so", "@/opt/stub/liby.so", "-Wl,-rpath,/opt/lib"],
            );
            d.link("libreal.so", "/opt/lib/libx.so");
            d.link("libreal.so", "/opt/lib/liby.so");
        }),
        case("a soname does not serve for the name", "libx.so: No such file or directory", |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.library("/opt/stub/libx.so", &["a"], &["-Wl,-soname,libx.so"]);
            d.library("/opt/stub/liby.so", &["a"], &["-Wl,-soname,liby.so"]);
            d.program(
                "/bin/app",
                &["a"],
                &["@/opt/stub/liby.so", "@/opt/stub/libx.so", "-Wl,-rpath,/opt/lib"],
            );
            d.library("/opt/lib/liby.so", &["a"], &["-Wl,-soname,libx.so"]);
        }),
        case(
            "every missing library and symbol is named",
            "Error relocating /bin/app: b: symbol not found",
            |d| {
                d.library("/opt/lib/liba.so", &["a"], SHARED);
                d.library("/opt/lib/libb.so", &["b"], &["-Wl,-soname,libb.so"]);
                d.library("/opt/lib/libc1.so", &["c"], &["-Wl,-soname,libc1.so"]);
                d.program(
                    "/bin/app",
                    &["a", "b", "c"],
                    &["@/opt/lib/liba.so", "@/opt/lib/libb.so", "@/opt/lib/libc1.so"],
                );
                d.write("/etc/ld-musl-x86_64.path", b"/opt/lib");
                d.remove("/opt/lib/libb.so");
                d.remove("/opt/lib/libc1.so");
            },
        ),
        case("functions are bound at start", "Error relocating /bin/app: a: symbol not found", |d| {
            gone(d, &["-Wl,-z,lazy"])
        }),
        case(
            "a variable that is asked for often",
            "Error relocating /opt/lib/libb.so: v: symbol not found\nError relocating /opt/lib/libb.so: v",
            |d| {
                d.compile("/opt/lib/liba.so", "int v;", &["-shared", "-fPIC", SHARED[0]]);
                d.compile(
                    "/opt/lib/libb.so",
                    "extern int v; int *p = &v, *q = &v; int b(void) { return v; }",
                    &["-shared", "-fPIC", "-Wl,-soname,libb.so", "@/opt/lib/liba.so"],
                );
                d.program("/bin/app", &["b"], &["@/opt/lib/libb.so", "-Wl,-rpath,/opt/lib"]);
                d.compile("/opt/lib/liba.so", "int w;", &["-shared", "-fPIC", SHARED[0]]);
            },
        ),
        case("weak symbols may be absent", "", |d| {
            let source = "int __attribute__((weak)) w(void); int main(void) { return w ? 1 : 0; }";
            d.compile("/bin/app", source, &["-Wl,-z,nodynamic-undefined-weak"]);
        }),
        case("versions are not looked at", "", |d| {
            versioned(d, "A_1 { global: a; }; A_2 { global: b; }; A_3 { global: c; };");
            d.compile(
                "/opt/lib/liba.so",
                ABC,
                &["-shared", "-fPIC", SHARED[0], &map(d, "A_1 { global: a; b; c; };")],
            );
        }),
        with(
            &[("LD_PRELOAD", "libp.so /opt/lib/liba.so")],
            case("LD_PRELOAD", "", |d| {
                d.library("/opt/lib/liba.so", &["a"], SHARED);
                d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"]);
            }),
        ),
    ]
}

/// The library is in a default folder and in /opt/lib.
fn default_folders(device: &Device) {
    device.library("/lib/liba.so", &["a"], SHARED);
    device.library("/opt/lib/liba.so", &["a"], SHARED);
    device.program("/bin/app", &["a"], &["@/lib/liba.so"]);
}

#[test]
fn musl_does_what_is_predicted() {
    compare(Libc::Musl, &musl_cases());
}
