//! Damaged input in great numbers, always the same for a seed: bytes and JSON values are changed at random places.
//!
//! The suite tries as many as take about a second. `CLSROOM_FUZZ_SECONDS=1200 cargo test --release fuzz` goes on for that
//! long instead, with other seeds.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

/// Numbers that look random (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    /// Below `count`, which is not 0.
    pub fn below(&mut self, count: usize) -> usize {
        (self.number() % count as u64) as usize
    }

    pub fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// Calls `one` with a source of random numbers `count` times, or for as long as `CLSROOM_FUZZ_SECONDS` says; each call
/// must end within ten seconds.
pub fn each(count: u64, mut one: impl FnMut(&mut Random)) {
    let seconds =
        std::env::var("CLSROOM_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let began = Instant::now();
    for seed in 0.. {
        if seconds.map_or(seed >= count, |seconds| began.elapsed() >= seconds) {
            println!("{seed} inputs");
            break;
        }
        let start = Instant::now();
        one(&mut Random::new(seed + 1));
        assert!(start.elapsed() < Duration::from_secs(10), "seed {seed} took {:?}", start.elapsed());
    }
}

/// In the longer run, leaves the input where a crash of the whole process can be looked into.
pub fn keep(input: &[u8]) {
    if std::env::var_os("CLSROOM_FUZZ_SECONDS").is_some() {
        std::fs::write(std::env::temp_dir().join("clsroom-fuzz-input"), input).expect("written");
    }
}

/// Changes a few bytes, cuts the end off, or repeats a part.
pub fn bytes(original: &[u8], random: &mut Random) -> Vec<u8> {
    let mut changed = original.to_vec();
    for _ in 0..=random.below(4) {
        if changed.is_empty() {
            break;
        }
        let at = random.below(changed.len());
        match random.below(6) {
            0 => changed.truncate(at),
            1 => {
                let end = (at + random.below(64)).min(changed.len());
                let part = changed[at..end].to_vec();
                changed.splice(at..at, part);
            }
            2 => {
                changed.remove(at);
            }
            3 => changed[at] = *random.of(&[0, 0xff, b'0', b'9', b'"', b'{', b'[', b'-']),
            _ => changed[at] ^= 1 << random.below(8),
        }
    }
    changed
}

/// Puts other values in a few places of a JSON document, or leaves values out. `words` are strings that mean something to
/// its reader.
pub fn json(original: &Value, words: &[&str], random: &mut Random) -> Value {
    let mut changed = original.clone();
    for _ in 0..=random.below(3) {
        let count = size(&changed);
        let at = random.below(count);
        replace(&mut changed, at, words, random);
    }
    changed
}

/// Values in a document, itself included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(size).sum(),
        Value::Object(map) => map.values().map(size).sum(),
        _ => 0,
    }
}

fn replace(value: &mut Value, at: usize, words: &[&str], random: &mut Random) {
    if at == 0 {
        *value = other(value, words, random);
        return;
    }
    let mut left = at - 1;
    let children: Box<dyn Iterator<Item = &mut Value>> = match value {
        Value::Array(list) => Box::new(list.iter_mut()),
        Value::Object(map) => Box::new(map.values_mut()),
        _ => return,
    };
    for child in children {
        let count = size(child);
        if left < count {
            return replace(child, left, words, random);
        }
        left -= count;
    }
}

fn other(value: &Value, words: &[&str], random: &mut Random) -> Value {
    match (value, random.below(12)) {
        (Value::Array(list), 0..=5) => {
            let mut list = list.clone();
            match (random.below(4), list.len()) {
                (0, 1..) => drop(list.remove(random.below(list.len()))),
                (1, 1..) => list = vec![list[random.below(list.len())].clone(); 1 + random.below(40)],
                (2, 1..) => list.push(list[random.below(list.len())].clone()),
                _ => list.clear(),
            }
            Value::Array(list)
        }
        (Value::Object(map), 0..=5) => {
            let mut map: Map<String, Value> = map.clone();
            let keys: Vec<String> = map.keys().cloned().collect();
            if !keys.is_empty() {
                let key = random.of(&keys).clone();
                let value = map.remove(&key).unwrap_or_default();
                if random.below(2) == 0 {
                    map.insert((*random.of(words)).to_owned(), value);
                }
            }
            Value::Object(map)
        }
        (Value::String(text), 0..=3) => Value::String(text.repeat(random.below(200))),
        (_, 0..=1) => json!(0),
        (_, 2) => json!(-1),
        (_, 3) => json!(1u64 << random.below(64)),
        (_, 4) => json!(1e300),
        (_, 5) => Value::Null,
        (_, 6) => json!(random.below(2) == 0),
        (_, 7) => json!([value, value]),
        (_, 8) => json!({ *random.of(words): value }),
        _ => json!(*random.of(words)),
    }
}
