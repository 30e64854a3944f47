//! Prints what the dynamic loader would bring into the process of each program, as ldd(1) does, below a root.
//!
//! `link ROOT PROGRAM…`

use std::path::Path;

use sarsen::elf::Image;
use sarsen::loader::dynamic::{Environment, World};
use sarsen::rootfs::Tree;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().expect("a root");
    let world = World::new(Tree::open(Path::new(&root)).expect("the root can be read"));
    let environment = Environment {
        library_path: std::env::var("LINK_LIBRARY_PATH").ok(),
        hwcaps: std::env::var("LINK_HWCAPS")
            .unwrap_or_default()
            .split(' ')
            .map(str::to_owned)
            .filter(|s| !s.is_empty())
            .collect(),
        ..Environment::default()
    };
    for program in arguments {
        println!("{program}:");
        let Ok((path, node)) = world.tree().resolve(Path::new(&program)) else { continue };
        let Ok(bytes) = world.tree().read(&node) else { continue };
        let Ok(image) = Image::parse(&bytes, &program) else { continue };
        match world.link(&path, &image, &environment) {
            Err(why) => println!("\t! {why}"),
            Ok(linked) => {
                for object in &linked.objects[1..] {
                    println!("\t{} => {}", object.name, object.opened);
                }
                for problem in &linked.problems {
                    println!("\t# {:?} {:?} {:?}", problem.trouble, problem.when, problem.cause);
                }
                if std::env::var_os("LINK_STEPS").is_some() {
                    for step in &linked.steps {
                        println!(
                            "\t  {} {} {}",
                            step.call,
                            step.result,
                            step.why.as_deref().unwrap_or_default()
                        );
                    }
                }
            }
        }
    }
}
