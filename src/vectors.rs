//! Vectors that were computed on this machine, kept in files, so that another process computes none of them again.
//!
//! A file (a *sheet*) holds what one readout reads at one layer of some texts. It is written once, as a whole, and never
//! changed: several processes may read and write without waiting for each other. A sheet whose checksum does not fit is
//! thrown away. Where all sheets together take more than they may, those that were used longest ago go first.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use crate::files;
use crate::wording::hex;

/// Begins every sheet; another number when the forward pass or this layout changes what is kept.
const MAGIC: &[u8] = b"clsroom vectors 1\n";

/// Bytes of a SHA-256.
const HASH: usize = 32;

/// Bytes before the texts' hashes: magic, the series' hash, day, rows, columns.
const HEAD: usize = MAGIC.len() + HASH + 8 + 4 + 4;

/// Most rows and columns of a sheet that is read.
const MOST: [usize; 2] = [1 << 22, 1 << 16];

/// How the name of a sheet ends.
const ENDING: &str = ".vectors";

/// Characters of a series' hash in the names of its sheets.
const NAME: usize = 32;

/// What all sheets together take, unless something else is asked for: bytes.
pub const USUAL: u64 = 1_000_000_000;

/// A text, by the hash of its bytes.
pub type Text = [u8; HASH];

/// Hash of a text.
#[must_use]
pub fn text(text: &str) -> Text {
    Sha256::digest(text.as_bytes()).into()
}

/// The folder with the sheets.
#[derive(Debug, Clone)]
pub struct Disk {
    folder: PathBuf,
    most: u64,
}

/// What is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Sheets.
    pub sheets: usize,
    /// Bytes.
    pub bytes: u64,
}

/// What a readout reads at a layer of a model.
pub struct Series(Text);

impl Series {
    /// `model`: its fingerprint, which covers weights, configuration, tokenizer and length limit; `readout`: as it is written.
    #[must_use]
    pub fn new(model: &str, readout: &str, layer: usize) -> Self {
        Self(Sha256::digest(format!("{model}\n{readout}\n{layer}")).into())
    }

    fn name(&self) -> String {
        hex(&self.0)[..NAME].to_owned()
    }
}

/// Vectors that were found, by text, and the last day on which one of them was computed (days since 1970).
#[derive(Debug, Default)]
pub struct Found {
    /// By text.
    pub rows: HashMap<Text, Box<[f32]>>,
    /// The last day.
    pub day: Option<u64>,
}

impl Disk {
    /// Vectors kept in this folder, which is made when something is put there, of at most so many bytes.
    #[must_use]
    pub fn new(folder: PathBuf, most: u64) -> Self {
        Self { folder, most }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All sheets of a series, those used longest ago first.
    fn sheets(&self, of: &str) -> Vec<(SystemTime, u64, PathBuf)> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let sheet = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            if !(name.starts_with(of) && name.ends_with(ENDING)) {
                return None;
            }
            let meta = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((meta.modified().unwrap_or(UNIX_EPOCH), meta.len(), entry.path()))
        };
        let mut sheets: Vec<_> = entries.flatten().filter_map(sheet).collect();
        sheets.sort();
        sheets
    }

    /// What is there.
    #[must_use]
    pub fn taken(&self) -> Taken {
        let sheets = self.sheets("");
        Taken { sheets: sheets.len(), bytes: sheets.iter().map(|(_, bytes, _)| bytes).sum() }
    }

    /// Takes everything away; what was there.
    ///
    /// # Errors
    /// When a sheet cannot be removed.
    pub fn clear(&self) -> std::io::Result<Taken> {
        let taken = self.taken();
        for (_, _, path) in self.sheets("") {
            fs::remove_file(path)?;
        }
        Ok(taken)
    }

    /// The vectors of a series for those texts that `wanted` names. A sheet that is damaged is removed; one that cannot be
    /// read is passed over: what is not found is computed.
    #[must_use]
    pub fn find(&self, series: &Series, wanted: &dyn Fn(&Text) -> bool) -> Found {
        let mut found = Found::default();
        for (_, bytes, path) in self.sheets(&series.name()) {
            let Ok(all) = files::read(&path, bytes.min(self.most)) else { continue };
            match Sheet::parse(&all).filter(|sheet| sheet.series == series.0) {
                Some(sheet) => {
                    let before = found.rows.len();
                    sheet.take(wanted, &mut found.rows);
                    if found.rows.len() > before {
                        found.day = found.day.max(Some(sheet.day));
                        touch(&path);
                    }
                }
                None => drop(fs::remove_file(&path)),
            }
        }
        found
    }

    /// Keeps vectors of a series, `columns` of `numbers` for each text. What does not fit, or cannot be written, is not kept:
    /// it was computed, and can be computed again.
    pub fn put(&self, series: &Series, texts: &[Text], numbers: &[f32], columns: usize) {
        let sheet = Sheet::write(series, texts, numbers, columns);
        if texts.is_empty() || sheet.len() as u64 > self.most || fs::create_dir_all(&self.folder).is_err() {
            return;
        }
        let content = hex(&Sha256::digest(&sheet));
        let path = self.folder.join(format!("{}-{}{ENDING}", series.name(), &content[..NAME]));
        if files::write_private(&path, &sheet).is_ok() {
            self.make_room();
        }
    }

    /// Removes the sheets used longest ago until the rest may stay.
    fn make_room(&self) {
        let sheets = self.sheets("");
        let mut bytes: u64 = sheets.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, size, path) in sheets {
            if bytes <= self.most {
                return;
            }
            // Another process may have removed it first.
            let _ = fs::remove_file(path);
            bytes -= size;
        }
    }
}

/// Remembers that a sheet was used, where the file system lets us.
fn touch(path: &Path) {
    if let Ok(file) = fs::File::options().append(true).open(path) {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// Days since 1970.
fn today() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400)
}

/// A sheet as it lies in its file.
struct Sheet<'a> {
    series: Text,
    day: u64,
    columns: usize,
    texts: &'a [u8],
    numbers: &'a [u8],
}

impl<'a> Sheet<'a> {
    fn write(series: &Series, texts: &[Text], numbers: &[f32], columns: usize) -> Vec<u8> {
        let rows = texts.len().min(numbers.len().checked_div(columns).unwrap_or(0));
        let mut bytes = Vec::with_capacity(HEAD + rows * (HASH + 4 * columns) + HASH);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&series.0);
        bytes.extend_from_slice(&today().to_le_bytes());
        bytes.extend_from_slice(&(rows as u32).to_le_bytes());
        bytes.extend_from_slice(&(columns as u32).to_le_bytes());
        texts[..rows].iter().for_each(|text| bytes.extend_from_slice(text));
        numbers[..rows * columns].iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
        let sum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&sum);
        bytes
    }

    /// `None` where its sizes do not fit each other or its checksum is another one.
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(HEAD)?;
        let head = head.strip_prefix(MAGIC)?;
        let (series, head) = head.split_at_checked(HASH)?;
        let (day, head) = head.split_at_checked(8)?;
        let (rows, columns) = head.split_at_checked(4)?;
        let size = |bytes: &[u8]| Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize);
        let (rows, columns) = (size(rows)?, size(columns)?);
        if rows > MOST[0] || columns > MOST[1] {
            return None;
        }
        let (texts, rest) = rest.split_at_checked(rows.checked_mul(HASH)?)?;
        let (numbers, sum) = rest.split_at_checked(rows.checked_mul(columns)?.checked_mul(4)?)?;
        let whole = Sha256::digest(&bytes[..bytes.len().checked_sub(HASH)?]);
        let day = u64::from_le_bytes(day.try_into().ok()?);
        (sum == whole.as_slice()).then_some(Self { series: series.try_into().ok()?, day, columns, texts, numbers })
    }

    fn take(&self, wanted: &dyn Fn(&Text) -> bool, into: &mut HashMap<Text, Box<[f32]>>) {
        let number = |bytes: &[u8]| bytes.try_into().map_or(f32::NAN, f32::from_le_bytes);
        for (row, text) in self.texts.chunks_exact(HASH).enumerate() {
            let Ok(text) = Text::try_from(text) else { continue };
            let at = row * self.columns * 4;
            if let Some(vector) = self.numbers.get(at..at + self.columns * 4).filter(|_| wanted(&text)) {
                into.entry(text).or_insert_with(|| vector.chunks_exact(4).map(number).collect());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn new(most: u64) -> (tempfile::TempDir, Disk) {
        let folder = tempfile::tempdir().expect("folder");
        let disk = Disk::new(folder.path().join("vectors"), most);
        (folder, disk)
    }

    fn series(layer: usize) -> Series {
        Series::new("model", "cls", layer)
    }

    fn texts(names: &[&str]) -> Vec<Text> {
        names.iter().map(|name| text(name)).collect()
    }

    #[test]
    fn finds_what_was_put_and_nothing_of_another_series() {
        let (_folder, disk) = new(USUAL);
        let vectors = [1.0, -2.5, f32::MIN_POSITIVE, 4.0, 5.0, 6.0];
        disk.put(&series(1), &texts(&["one", "two"]), &vectors, 3);
        let found = disk.find(&series(1), &|_| true);
        assert_eq!(found.rows[&text("one")].as_ref(), &vectors[..3]);
        assert_eq!(found.rows[&text("two")].as_ref(), &vectors[3..]);
        assert_eq!(found.day, Some(today()));
        assert_eq!(disk.find(&series(1), &|known| *known == text("two")).rows.len(), 1);
        assert!(disk.find(&series(2), &|_| true).rows.is_empty(), "another layer");
        for other in [Series::new("other", "cls", 1), Series::new("model", "mean", 1)] {
            assert!(disk.find(&other, &|_| true).rows.is_empty());
        }
    }

    #[test]
    fn a_damaged_sheet_is_thrown_away_whichever_byte_it_is() {
        let (_folder, disk) = new(USUAL);
        disk.put(&series(0), &texts(&["one"]), &[1.0, 2.0], 2);
        let path = disk.sheets("")[0].2.clone();
        let whole = fs::read(&path).expect("sheet");
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&path, &damaged).expect("written");
            assert!(disk.find(&series(0), &|_| true).rows.is_empty(), "byte {at}");
            assert!(!path.exists(), "byte {at}");
        }
        for length in [0, 1, HEAD - 1, HEAD, whole.len() - 1] {
            fs::write(&path, &whole[..length]).expect("written");
            assert!(disk.find(&series(0), &|_| true).rows.is_empty(), "{length} bytes");
        }
    }

    #[test]
    fn what_was_used_longest_ago_makes_room() {
        let one = Sheet::write(&series(0), &texts(&["a"]), &[0.0; 8], 8).len() as u64;
        let (_folder, disk) = new(3 * one);
        for layer in 0..3 {
            disk.put(&series(layer), &texts(&["a"]), &[layer as f32; 8], 8);
            let age = std::time::Duration::from_secs(1_000 - layer as u64);
            let path = &disk.sheets(&series(layer).name())[0].2;
            let file = fs::File::options().append(true).open(path).expect("sheet");
            file.set_modified(SystemTime::now() - age).expect("time");
        }
        assert_eq!(disk.taken(), Taken { sheets: 3, bytes: 3 * one });
        // Layer 0 was written first, and is used now.
        assert_eq!(disk.find(&series(0), &|_| true).rows.len(), 1);
        disk.put(&series(3), &texts(&["a"]), &[3.0; 8], 8);
        let left: Vec<bool> = (0..4).map(|layer| !disk.find(&series(layer), &|_| true).rows.is_empty()).collect();
        assert_eq!(left, [true, false, true, true]);
        assert_eq!(disk.clear().expect("cleared").sheets, 3);
        assert_eq!(disk.taken(), Taken::default());
    }

    #[test]
    fn what_does_not_fit_or_cannot_be_written_is_not_kept() {
        let (folder, small) = new(10);
        small.put(&series(0), &texts(&["a"]), &[0.0; 8], 8);
        assert_eq!(small.taken(), Taken::default());
        let file = folder.path().join("file");
        fs::write(&file, "no folder").expect("written");
        let nowhere = Disk::new(file, USUAL);
        nowhere.put(&series(0), &texts(&["a"]), &[0.0; 8], 8);
        assert!(nowhere.find(&series(0), &|_| true).rows.is_empty());
        assert_eq!(nowhere.taken(), Taken::default());
    }

    proptest! {
        #[test]
        fn bytes_from_outside_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut sheet = MAGIC.to_vec();
            sheet.extend(&bytes);
            prop_assert!(Sheet::parse(&sheet).is_none() && Sheet::parse(&bytes).is_none());
        }
    }
}
