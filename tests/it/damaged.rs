//! Damaged and hostile weights files: one sentence, exit code 1, within a gigabyte and ten seconds; nothing panics.
//!
//! `CLSROOM_FUZZ_SECONDS` makes the search through damaged files go on for so long, with other seeds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clsroom::model::Bert;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use crate::checkpoint::Checkpoint;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// What the program says of a model, with a gigabyte of address space; one line, exit code 1, within ten seconds.
fn said(model: &Path) -> String {
    let begun = Instant::now();
    let script =
        format!("ulimit -v 1000000; exec {} trace x --threads 2 --model \"$0\"", env!("CARGO_BIN_EXE_clsroom"));
    let output = Command::new("sh").arg("-c").arg(script).arg(model).env_clear().output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let shown: String = said.chars().take(2_000).collect();
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(said.lines().count() == 1 && said.len() < 2_000 && !said.contains("panicked"), "{shown}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}: {shown}", begun.elapsed());
    said
}

/// A zip archive of a program and one part with these numbers.
fn archive(program: &[u8], numbers: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in [("archive/data.pkl", program), ("archive/data/0", numbers)] {
        archive.start_file(name, stored).expect("a part");
        archive.write_all(bytes).expect("written");
    }
    archive.finish().expect("written").into_inner()
}

fn text(text: &[u8]) -> Vec<u8> {
    [b"X".as_slice(), &(text.len() as u32).to_le_bytes(), text].concat()
}

/// A tensor that begins at the first number of part 0; shape and stride are programs that leave a tuple.
fn tensor(class: &[u8], key: &[u8], shape: &[u8], stride: &[u8]) -> Vec<u8> {
    let storage = [b"((".as_slice(), &text(b"storage"), class, &text(key), &text(b"cpu"), b"K\x01tQ"].concat();
    [b"ctorch._utils\n_rebuild_tensor_v2\n".as_slice(), &storage, b"K\x00", shape, stride, b"\x89)tR"].concat()
}

const FLOATS: &[u8] = b"ctorch\nFloatStorage\n";

/// A table in which one value, which the program keeps as number 1, has many names; a name is a program, too.
fn table(value: &[u8], names: usize, name: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut program = [b"\x80\x02".as_slice(), value, b"r\x01\x00\x00\x00}("].concat();
    for index in 0..names {
        program.extend(name(index));
        program.extend(b"j\x01\x00\x00\x00");
    }
    program.extend(b"u.");
    program
}

fn safetensors(header: &str, numbers: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), numbers].concat()
}

/// Each damaged file, under the name that it has in a model, and what is said of it.
fn hostile() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let (row, one) = (b"K\x08\x85".as_slice(), b"K\x01\x85".as_slice());
    let plain = tensor(FLOATS, b"0", row, one);
    let short = |index: usize| text(index.to_string().as_bytes());
    // A tuple of ten thousand numbers, which all of ten thousand tensors have as their shape.
    let long = [b"(".as_slice(), &b"K\x01".repeat(10_000), b"t"].concat();
    let shapes = table(&tensor(FLOATS, b"0", &long, &long), 10_000, short);
    // A text of a megabyte as the name of a hundred thousand tensors, as their storage's class and as their part.
    let megabyte = vec![b'x'; 1 << 20];
    let kept = [&text(&megabyte)[..], b"r\x02\x00\x00\x00", &plain].concat();
    let names = table(&kept, 100_000, |_| b"j\x02\x00\x00\x00".to_vec());
    let class = [b"ctorch\n".as_slice(), &megabyte, b"\n"].concat();
    let classes = table(&tensor(&class, b"0", row, one), 60_000, short);
    let parts = table(&tensor(FLOATS, &megabyte, row, one), 60_000, short);
    // Two hundred layers' worth of names for the same numbers.
    let shared = table(&tensor(FLOATS, b"0", b"M\xe8\x03\x85", one), 2_000, |index| {
        text(format!("encoder.layer.{index}.weight").as_bytes())
    });
    let empty = [b"\x80\x02".as_slice(), &b")".repeat(15 << 20), b"."].concat();
    let entry = r#"{"dtype":"F32","shape":[],"data_offsets":[0,0]}"#;
    let many: Vec<String> = (0..1_500_000).map(|index| format!("\"{index}\":{entry}")).collect();
    let dimensions = format!(r#"{{"a":{{"dtype":"F32","shape":[{}1],"data_offsets":[0,4]}}}}"#, "1,".repeat(3_000_000));
    let with = |shape: &str, from: &str, to: &str| {
        safetensors(&format!(r#"{{"a":{{"dtype":"F32","shape":{shape},"data_offsets":[{from},{to}]}}}}"#), &[0; 32])
    };
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(1_000_000), "]".repeat(1_000_000));
    let (bin, safe, not_whole) = ("pytorch_model.bin", "model.safetensors", "is not a whole safetensors file");
    vec![
        (bin, archive(&shapes, &[0; 64]), "it is not described in full"),
        (bin, archive(&names, &[0; 64]), "the name of a tensor has 1048576 bytes"),
        (bin, archive(&classes, &[0; 64]), "it is not described in full"),
        (bin, archive(&parts, &[0; 64]), "it is not described in full"),
        (bin, archive(&shared, &[0; 4_000]), "its tensors would take 8000000 bytes together, and the file has"),
        (bin, archive(&table(&plain, 100_000, short), &[0; 64]), "more than 65536 tensors"),
        (bin, archive(&empty, &[0; 64]), "its pickle is longer than any checkpoint's"),
        (bin, archive(&empty[..4 << 20], &[0; 64]), "more than 1048576 objects"),
        (bin, archive(&[b"\x80\x02)q\x00".as_slice(), &b"h\x00".repeat(2_000_000)].concat(), &[0; 64]), "objects"),
        (bin, fs::read(fixture("hostile/zip64-claims-65GB.bin")).expect("the fixture"), "lie outside of the file"),
        (safe, safetensors(&format!("{{{}}}", many.join(",")), &[]), "its directory takes"),
        (safe, safetensors(&dimensions, &[0; 4]), "a has 3000001 dimensions"),
        (safe, safetensors(&deep, &[]), not_whole),
        (safe, with("[4611686018427387904,4]", "0", "0"), not_whole),
        (safe, with("[4]", "16", "0"), not_whole),
        (safe, with("[4]", "0", "18446744073709551615"), not_whole),
        (safe, with("[8,0]", "0", "0"), not_whole),
        (safe, with("[8]", "0", "32"), "has no weight named embeddings.word_embeddings.weight"),
        (safe, u64::MAX.to_le_bytes().to_vec(), "its directory would take 18446744073709551615 bytes, and there are 0"),
        (safe, vec![0; 8], not_whole),
        ("config.json", format!("[{}0]", "[],".repeat(10_000_000)).into_bytes(), "larger than 4 MB"),
    ]
}

#[test]
fn hostile_weights_are_one_sentence_within_a_gigabyte() {
    for (file, bytes, expected) in hostile() {
        let folder = tempfile::tempdir().expect("a folder");
        Checkpoint::default().write(folder.path());
        if file != "config.json" {
            fs::remove_file(folder.path().join("model.safetensors")).expect("removed");
        }
        fs::write(folder.path().join(file), &bytes).expect("written");
        let said = said(folder.path());
        assert!(said.contains(expected), "{expected:?} is not in {said:?}");
    }
}

/// What damage does to a file.
fn damage(bytes: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.next_u32() % 3 {
        // Damage to the numbers is of no interest: the directory is at the beginning or at the end.
        let edge = (random.next_u32() as usize % 2_500).min(bytes.len().saturating_sub(1));
        let at = if random.next_u32().is_multiple_of(2) { edge } else { bytes.len().saturating_sub(1 + edge) };
        if bytes.is_empty() {
            break;
        }
        let last = bytes.len();
        match random.next_u32() % 8 {
            0 => bytes[at] ^= 1 << (random.next_u32() % 8),
            1 => bytes[at] = [0, 0xff, b'(', b'.', b'R', b'}', b't', b'9'][random.next_u32() as usize % 8],
            2 => bytes.truncate(at),
            3 => bytes[at..last.min(at + 4)].fill(0xff),
            4 => bytes[at..last.min(at + 8)].fill([0, 0x7f, 0xff][random.next_u32() as usize % 3]),
            5 => drop(bytes.remove(at)),
            6 => {
                let part = bytes[at..last.min(at + 1 + random.next_u32() as usize % 64)].to_vec();
                (0..=random.next_u32() % 40).for_each(|_| drop(bytes.splice(at..at, part.iter().copied())));
            }
            _ => bytes.swap(at, random.next_u32() as usize % last),
        }
    }
    bytes
}

/// Opens damaged copies of both kinds of weights. It is run in a process of its own, below.
#[test]
#[ignore = "run by damaged_copies_are_refused_and_nothing_panics, in a process with little memory"]
fn open_damaged_copies() {
    let seconds = std::env::var("CLSROOM_FUZZ_SECONDS").ok().and_then(|text| text.parse::<u64>().ok());
    let (begun, mut seed) = (Instant::now(), 0u64);
    if seconds.is_some() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        seed = now.as_secs() << 20;
    }
    let (mut opened, mut refused) = (0, 0);
    while seconds.map_or(seed < 1_500, |seconds| begun.elapsed().as_secs() < seconds) {
        for name in ["pytorch_model.bin", "model.safetensors"] {
            let folder = tempfile::tempdir().expect("a folder");
            for beside in ["config.json", "vocab.txt"] {
                fs::copy(fixture("tiny-bert").join(beside), folder.path().join(beside)).expect("copied");
            }
            let whole = fs::read(fixture("tiny-bert").join(name)).expect("the fixture");
            let damaged = damage(&whole, &mut ChaCha8Rng::seed_from_u64(seed));
            fs::write(folder.path().join(name), &damaged).expect("written");
            let result = std::panic::catch_unwind(|| Bert::open(folder.path(), None).map(drop));
            match result {
                Ok(Ok(())) => opened += 1,
                Ok(Err(error)) => {
                    refused += 1;
                    assert!(!error.to_string().contains('\n'), "seed {seed}: {error}");
                }
                Err(caught) => panic!("{name} with seed {seed} panics: {:?}", caught.downcast_ref::<String>()),
            }
        }
        seed += 1;
    }
    println!("{opened} opened, {refused} refused");
    assert!(refused > opened && opened > 0);
}

#[test]
fn damaged_copies_are_refused_and_nothing_panics() {
    let exe = std::env::current_exe().expect("this program");
    let script =
        "ulimit -v 1500000; exec \"$0\" --exact damaged::open_damaged_copies --ignored --test-threads 1 --nocapture";
    let output = Command::new("sh").arg("-c").arg(script).arg(exe).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
