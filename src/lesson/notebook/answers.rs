//! The four answers, and those to the two claims. Each is a sentence drawn from figures, the figures themselves, and what is
//! missing with what to do about it. Nothing here is true whatever was measured: another measurement gives another sentence.

use super::picture::{Picture, pictures};
use super::{Evidence, Origin, Point, claims};
use crate::lesson::Source;

/// Sums in another order round differently; more than this is no rounding.
pub const ROUNDING: f64 = 1e-4;

/// Each in a few words, for a list.
pub const SHORT: [&str; QUESTIONS] = [
    "Is [CLS] an aggregate?",
    "Why is it first?",
    "How does it learn?",
    "Can the sentence be recovered?",
    "Is pooling as good?",
    "Would any token do?",
];

/// From here on nearly every piece is found.
const EXACT: f64 = 0.95;

/// Questions and claims there are.
pub const QUESTIONS: usize = 6;

/// The lesson about each of them.
pub const LESSONS: [&str; QUESTIONS] = ["05", "06", "07", "10", "08", "09"];

/// The answer to a question or claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The question.
    pub question: &'static str,
    /// The lesson that is about it.
    pub lesson: &'static str,
    /// The answer in a sentence or two. Every figure in it is among `points`.
    pub verdict: String,
    /// What it rests on.
    pub points: Vec<Point>,
    /// What was not measured here, and what to do.
    pub gap: Option<String>,
    /// Where there is no gap but a part of the sentence is recorded: what to do about that.
    pub partly: Option<String>,
    /// The short run that `Enter` offers on this question.
    pub short_run: &'static str,
}

impl Answer {
    /// Whether its whole sentence was measured here.
    #[must_use]
    pub fn is_measured(&self) -> bool {
        self.gap.is_none() && self.partly.is_none()
    }

    /// Its figures that can be compared, as pictures.
    #[must_use]
    pub fn pictures(&self) -> Vec<Picture> {
        pictures(&self.points)
    }
}

/// All of them: four questions, then two claims.
#[must_use]
pub fn answers(evidence: &Evidence<'_>) -> [Answer; QUESTIONS] {
    [
        aggregate(evidence),
        first(evidence),
        learns(evidence),
        back(evidence),
        claims::pooling(evidence),
        claims::any_token(evidence),
    ]
}

/// The figures of an answer: what is listed, and what its sentence quotes.
pub(super) struct Points<'a> {
    evidence: &'a Evidence<'a>,
    listed: Vec<Point>,
    /// Origins of the figures in the sentence.
    quoted: Vec<Origin>,
}

impl<'a> Points<'a> {
    /// The figures to list.
    pub(super) fn new(evidence: &'a Evidence<'a>, keys: &[&str]) -> Self {
        let found: Vec<Point> = keys.iter().filter_map(|key| evidence.point(key)).collect();
        // A race of one's own beside recorded ones: the recorded figure stands there, too, so that sizes can be compared.
        let recorded = found.iter().any(|point| point.origin.source == Source::Record);
        let both = |point: Point| {
            let beside = recorded && point.origin.source == Source::Live && point.key.starts_with("race.");
            let record = beside.then(|| evidence.recorded(point.key)).flatten();
            std::iter::once(point).chain(record)
        };
        let listed = found.into_iter().flat_map(both).map(|point| point.with_interval(evidence)).collect();
        Self { evidence, listed, quoted: Vec::new() }
    }

    /// Figures of one origin for the sentence; the list gets those that it lacks.
    pub(super) fn quote(&mut self, keys: &[&str]) -> Option<(Origin, Vec<Point>)> {
        let (origin, points) = self.aside(keys)?;
        self.quoted.push(origin.clone());
        Some((origin, points))
    }

    /// The same for a sentence that the answer does not rest on: whether it was measured here is not asked.
    fn aside(&mut self, keys: &[&str]) -> Option<(Origin, Vec<Point>)> {
        let points = self.evidence.together(keys)?;
        points.iter().for_each(|point| self.list(point));
        Some((points.first()?.origin.clone(), points))
    }

    /// One more figure for a clause whose figures have this origin.
    fn quote_beside(&mut self, key: &str, origin: &Origin) -> Option<Point> {
        let point = self.evidence.beside(key, origin)?;
        self.list(&point);
        Some(point)
    }

    /// The recorded figure beside one that was measured here: the learner's run may be a small one.
    pub(super) fn recorded_too(&mut self, key: &str, origin: &Origin) -> Option<Point> {
        let point = self.evidence.recorded(key).filter(|_| origin.source == Source::Live)?;
        self.list(&point);
        Some(point)
    }

    /// The end of an interval, or a verdict: it stands in the list with the figure that it belongs to.
    pub(super) fn end_of(&self, key: &str, point: &Point) -> Option<Point> {
        self.evidence.beside(key, &point.origin).filter(|end| end.again == point.again)
    }

    fn list(&mut self, point: &Point) {
        let same = |known: &Point| known.key == point.key && known.origin == point.origin;
        if self.listed.iter().any(same) {
            return;
        }
        let after = self.listed.iter().rposition(|known| known.key == point.key).map_or(self.listed.len(), |at| at + 1);
        self.listed.insert(after, point.clone().with_interval(self.evidence));
    }

    /// Puts the answer together. `needed` are the figures without which the question counts as not measured here,
    /// `rest` says what measures the other figures of its sentence.
    pub(super) fn answer(
        self,
        (question, lesson): (&'static str, &'static str),
        verdict: Option<String>,
        needed: &[&str],
        (short_run, rest): (&'static str, &'static str),
    ) -> Answer {
        let live = self.evidence.any_measured(needed);
        let recorded = self.listed.iter().any(|point| point.origin.source == Source::Record);
        let course = self.evidence.course;
        let there = course.lessons.iter().any(|known| known.id == lesson);
        let last = course.lessons.last().map_or("11", |last| &last.id);
        let todo = if there {
            format!("Do lesson {lesson}, or press Enter on this question in lesson {last}: {short_run}.")
        } else {
            format!("Press Enter on this question in lesson {last}: {short_run}.")
        };
        let gap = match (live, recorded) {
            (true, _) => None,
            (false, true) => Some(format!("You have not measured this yourself: the figures are recorded. {todo}")),
            (false, false) => Some(format!("You have not measured this yet. {todo}")),
        };
        let quotes_record = self.quoted.iter().any(|origin| origin.source == Source::Record);
        let partly = (gap.is_none() && quotes_record)
            .then(|| format!("A part of this answer is recorded. You measure it with {rest}."));
        Answer {
            question,
            lesson,
            verdict: verdict.unwrap_or_else(|| "Not answered yet.".to_owned()),
            points: self.listed,
            gap,
            partly,
            short_run,
        }
    }
}

/// Question 1.
fn aggregate(evidence: &Evidence<'_>) -> Answer {
    let mut points = Points::new(
        evidence,
        &[
            "race.cls.last.accuracy",
            "race.mean.last.accuracy",
            "race.cls-mean.last.difference",
            "race.words.accuracy",
            "race.majority.accuracy",
            "aggregate.cls.last.cosine",
            "aggregate.mean.last.cosine",
            "aggregate.cls.last.nearest",
            "aggregate.mean.last.nearest",
        ],
    );
    let verdict = aggregate_in_words(&mut points);
    points.answer(
        ("Is [CLS] really an aggregate representation of the sequence?", LESSONS[0]),
        verdict,
        &["race.cls.last.accuracy"],
        ("a small race of [CLS] against GlobalPooling", "a frozen race of [CLS] and GlobalPooling (lesson 08)"),
    )
}

fn aggregate_in_words(points: &mut Points<'_>) -> Option<String> {
    let (origin, found) = points.quote(&["race.cls.last.accuracy", "race.majority.accuracy"])?;
    let [right, floor] = &found[..] else { return None };
    let low = points.end_of("race.cls.last.low", right).and_then(|low| low.number).or(right.number)?;
    let (right, floor) = (&right.value, (floor.number?, &floor.value));
    let begins = if low > floor.0 {
        format!(
            "This label can be read from it: a classifier on it alone is right on {right}, always giving the same answer on {}",
            floor.1
        )
    } else {
        format!(
            "Not shown here: a classifier on it alone is right on {right}, and that cannot be told from one answer for \
             everything, {}",
            floor.1
        )
    };
    let beside = points.quote_beside("race.cls-mean.last.difference", &origin).and_then(|difference| {
        let verdict = points.end_of("race.cls-mean.last.verdict", &difference)?;
        let difference = difference.value;
        Some(match verdict.value.as_str() {
            "better" => format!(". From GlobalPooling it is read more often here, {difference}"),
            "worse" => format!(". From GlobalPooling it is read less often here, {difference}"),
            "too little data to tell" => {
                format!(". Whether GlobalPooling does better ({difference}) these test sentences cannot tell")
            }
            other => format!(". GlobalPooling is {other} ({difference})"),
        })
    });
    let (beside, origin) = (beside.unwrap_or_default(), origin.in_words());
    Some(format!("{begins}{beside} ({origin}). This holds for this model, layer, task and way of reading."))
}

/// Question 2.
fn first(evidence: &Evidence<'_>) -> Answer {
    let mut points = Points::new(
        evidence,
        &[
            "arrange.carried.largest.last",
            "arrange.carried.cosine.last",
            "arrange.shuffled.cosine.last",
            "arrange.cls-at-end.cosine.last",
            "arrange.no-positions.cosine.last",
            "race.cls-cls-at-end.last.difference",
        ],
    );
    let verdict = first_in_words(&mut points);
    points.answer(
        ("Why is it the first token? Why not the second, the third, the last?", LESSONS[1]),
        verdict,
        &["arrange.carried.largest.last"],
        ("your sentence in four arrangements", "the arrangements of your sentence (lesson 06)"),
    )
}

fn first_in_words(points: &mut Points<'_>) -> Option<String> {
    let (origin, found) = points.quote(&["arrange.carried.largest.last"])?;
    let moved = found.first()?;
    let begins = if moved.number? <= ROUNDING {
        format!(
            "Attention does not need [CLS] to be first: pieces shuffled with their positions keep their vectors (no number \
             moved by more than {}). The first place is an index that every sequence has",
            moved.value
        )
    } else {
        format!(
            "Not shown here: pieces shuffled with their positions moved by up to {}, which is more than rounding",
            moved.value
        )
    };
    let at_the_end = at_the_end_in_words(points).unwrap_or_default();
    Some(format!("{begins} ({}).{at_the_end}", origin.in_words()))
}

/// Whether a frozen classifier reads as much from it at the end. A cosine would not tell: other sentences have a high one, too.
fn at_the_end_in_words(points: &mut Points<'_>) -> Option<String> {
    let (origin, found) = points.aside(&["race.cls-cls-at-end.last.difference"])?;
    let difference = found.first()?;
    let verdict = points.end_of("race.cls-cls-at-end.last.verdict", difference)?;
    Some(format!(
        " Read at the end, frozen, it comes out {}: {} ({}).",
        difference.value,
        verdict.value,
        origin.in_words()
    ))
}

/// Question 3.
fn learns(evidence: &Evidence<'_>) -> Answer {
    let mut points = Points::new(
        evidence,
        &[
            "gradient.cls.touched.last",
            "gradient.cls.touched.1",
            "gradient.mean.touched.last",
            "learning.cls.before",
            "learning.cls.after",
            "learning.cls.turned.last",
            "race.cls.last.accuracy",
            "race.cls.finetune.accuracy",
            "race.cls-mean.finetune.difference",
        ],
    );
    let parts = [before_in_words, touched_in_words, moved_in_words];
    let said: Vec<String> = parts.iter().filter_map(|part| part(&mut points)).collect();
    points.answer(
        ("How does it learn to represent the sequence, when it is trained like every other token?", LESSONS[2]),
        (!said.is_empty()).then(|| said.join(" ")),
        &["gradient.cls.touched.last"],
        (
            "where the loss touches your sentence",
            "two races on equally many sentences, one frozen and one fine-tuned (lesson 08)",
        ),
    )
}

/// What was there before this fine-tuning.
fn before_in_words(points: &mut Points<'_>) -> Option<String> {
    let (origin, found) = points.aside(&["race.cls.last.accuracy", "race.majority.accuracy"])?;
    let [right, floor] = &found[..] else { return None };
    let low = points.end_of("race.cls.last.low", right)?.number?;
    (low > floor.number?).then(|| {
        format!(
            "A part is there before fine-tuning: frozen, a classifier on it is right on {}, one answer for everything on {} ({}).",
            right.value,
            floor.value,
            origin.in_words()
        )
    })
}

/// Where the loss enters and what it reaches.
fn touched_in_words(points: &mut Points<'_>) -> Option<String> {
    let (origin, found) = points.quote(&["gradient.cls.touched.last", "gradient.cls.touched.1"])?;
    let [top, below] = &found[..] else { return None };
    // How many there are, of the same sentence.
    points.quote_beside("sentence.pieces", &origin);
    let origin = origin.in_words();
    Some(if top.number? < below.number? {
        format!(
            "In fine-tuning it is read: the loss of a classifier on it enters at {} position of the last layer and reaches \
             {} through attention below ({origin}). So training can change what the others offer and what [CLS] asks for.",
            top.value, below.value
        )
    } else {
        format!(
            "Not shown here: the loss touches {} positions after the last layer and {} below ({origin}), so it does not \
             enter at [CLS] alone.",
            top.value, below.value
        )
    })
}

/// What training made of it, judged by two runs of one size.
fn moved_in_words(points: &mut Points<'_>) -> Option<String> {
    let (origin, found) = points.quote(&["race.cls.last.accuracy", "race.cls.finetune.accuracy"])?;
    let [before, after] = &found[..] else { return None };
    let end = |key: &str, of: &Point| points.end_of(key, of).and_then(|end| end.number);
    let clear = |lower: Option<f64>, upper: Option<f64>| lower.zip(upper).is_some_and(|(lower, upper)| lower < upper);
    let outcome = if clear(end("race.cls.last.high", before), end("race.cls.finetune.low", after)) {
        "training changed what can be read from [CLS]"
    } else if clear(end("race.cls.finetune.high", after), end("race.cls.last.low", before)) {
        "training took away from what can be read from [CLS]"
    } else {
        "these two intervals do not tell whether training helped"
    };
    Some(format!(
        "Fine-tuned, a classifier on [CLS] is right on {}, frozen on {}: {outcome} ({}).",
        after.value,
        before.value,
        origin.in_words()
    ))
}

/// Question 4.
fn back(evidence: &Evidence<'_>) -> Answer {
    let mut points = Points::new(
        evidence,
        &["decode.cls.last.precision", "decode.mean.last.precision", "decode.baseline", "decode.coverage"],
    );
    let verdict = back_in_words(&mut points).into_iter().chain(order_in_words(&mut points));
    let verdict = verdict.reduce(|back, order| format!("{back} {order}"));
    points.answer(
        ("Can the original sequence be recovered from it?", LESSONS[3]),
        verdict,
        &["decode.cls.last.precision"],
        ("small decoders of [CLS] and GlobalPooling", "the decoders of [CLS] and GlobalPooling (lesson 10)"),
    )
}

/// Tasks of order, and what a probe had to tell there.
const ORDER: [(&str, &str); 3] = [
    ("order.subject.cls.last.accuracy", "which noun comes first, in sentences of one form,"),
    ("order.shuffled.cls.last.accuracy", "whether all words were shuffled"),
    ("order.swapped.cls.last.accuracy", "whether two neighbours were exchanged"),
];

/// What probes read of the order, if some were run.
fn order_in_words(points: &mut Points<'_>) -> Option<String> {
    let said: Vec<String> = ORDER
        .iter()
        .filter_map(|(key, what)| {
            let (origin, found) = points.quote(&[*key])?;
            Some(format!("{what} in {} ({})", found.first()?.value, origin.in_words()))
        })
        .collect();
    (!said.is_empty())
        .then(|| format!("After the last layer a probe on [CLS] tells {}; guessing is right in half.", said.join(", ")))
}

fn back_in_words(points: &mut Points<'_>) -> Option<String> {
    let (origin, figures) = points.quote(&["decode.cls.last.precision", "decode.baseline"])?;
    let [found, guess] = &figures[..] else { return None };
    let low = points.end_of("decode.cls.last.low", found).and_then(|low| low.number).or(found.number)?;
    let begins = if found.number? >= EXACT {
        format!(
            "Nearly all the pieces that it knows: a linear map finds {} of the content pieces that it knows",
            found.value
        )
    } else if low > guess.number? {
        format!("In part: a linear map finds {} of the content pieces that it knows", found.value)
    } else {
        format!("Not shown here: a linear map finds {} of the content pieces that it knows", found.value)
    };
    let beside = points
        .quote_beside("decode.mean.last.precision", &origin)
        .map_or_else(String::new, |mean| format!("; from GlobalPooling {}", mean.value));
    Some(format!(
        "{begins}, the commonest pieces guessed blindly {}{beside} ({}). It names words, not their order; trained inverters \
         got further, on vectors of other models.",
        guess.value,
        origin.in_words()
    ))
}
