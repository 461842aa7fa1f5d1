//! How well-known models were trained, as their papers and model cards tell it: what a lesson says of the model in use.

/// A fact about a model's training, and who tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub says: String,
    pub source: &'static str,
}

/// A sentence without its full stop, and who says it.
type Told = (&'static str, &'static str);

const THROUGH_MEAN: &str = "tuned through mean";
const THROUGH_CLS: &str = "tuned through [CLS]";
const UNTUNED: &str = "not tuned";

/// Names as the hub and folders have them, how these models' vectors were tuned to be read, and facts of their training, each
/// with its source. Only whole names: what was tuned further has another history.
const KNOWN: [(&[&str], &str, &[Told]); 6] = [
    (
        &["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"],
        THROUGH_MEAN,
        &[
            (
                "It began as MiniLM-L12-H384, which was trained to imitate a UniLM v2, a model as large as BERT-base",
                "MiniLM-L12-H384-uncased, model card",
            ),
            ("Every second layer of that was kept", "MiniLM-L6-H384-uncased, model card"),
            (
                "Then it was tuned to find the other text of a pair, such as the answer to a question; texts were read as the mean of all tokens",
                "all-MiniLM-L6-v2, model card",
            ),
        ],
    ),
    (
        &[
            "BAAI/bge-small-en-v1.5",
            "BAAI/bge-base-en-v1.5",
            "BAAI/bge-large-en-v1.5",
            "bge-small-en-v1.5",
            "bge-base-en-v1.5",
            "bge-large-en-v1.5",
        ],
        THROUGH_CLS,
        &[
            ("It was pretrained with RetroMAE", "bge, model card"),
            (
                "RetroMAE trains a small decoder to rebuild a text from [CLS] and a part of its words",
                "Xiao et al. 2022",
            ),
            (
                "Then it was tuned on pairs of texts as a general embedding model, read as the vector of [CLS]",
                "bge, model card",
            ),
        ],
    ),
    (
        &[
            "intfloat/e5-small-v2",
            "intfloat/e5-base-v2",
            "intfloat/e5-large-v2",
            "e5-small-v2",
            "e5-base-v2",
            "e5-large-v2",
        ],
        THROUGH_MEAN,
        &[
            (
                "It was tuned on pairs of texts from the web, so that texts of a pair have similar vectors",
                "Wang et al. 2022",
            ),
            ("After that it was tuned on labelled data", "Wang et al. 2022"),
            ("The vector of a text is the mean of all tokens", "e5, model card"),
        ],
    ),
    (
        &[
            "distilbert-base-uncased",
            "distilbert-base-cased",
            "distilbert/distilbert-base-uncased",
            "distilbert/distilbert-base-cased",
        ],
        UNTUNED,
        &[(
            "It was distilled from BERT-base, with half of the layers, without segments, without a pooler and without \
             next-sentence prediction",
            "Sanh et al. 2019",
        )],
    ),
    (
        &["roberta-base", "roberta-large", "FacebookAI/roberta-base", "FacebookAI/roberta-large"],
        UNTUNED,
        &[(
            "It learned to fill in masked words on more text than BERT, without next-sentence prediction",
            "Liu et al. 2019",
        )],
    ),
    (
        &[
            "bert-base-uncased",
            "bert-base-cased",
            "bert-large-uncased",
            "bert-large-cased",
            "google-bert/bert-base-uncased",
            "google-bert/bert-base-cased",
            "google-bert/bert-large-uncased",
            "google-bert/bert-large-cased",
        ],
        UNTUNED,
        &[
            ("It learned to fill in masked words", "Devlin et al. 2019"),
            (
                "Through [CLS] it learned to tell whether one text follows another (next-sentence prediction)",
                "Devlin et al. 2019",
            ),
            ("That task reads [CLS] through the pooler", "google-research/bert, run_pretraining.py"),
        ],
    ),
];

/// What is known of a model's training, by its name, or of how it is read, by its own files; nothing where neither tells.
pub(super) fn of(name: &str, pooling: Option<&str>) -> Vec<Fact> {
    if let Some((.., facts)) = KNOWN.iter().find(|(names, ..)| names.contains(&name)) {
        return facts.iter().map(|(says, source)| Fact { says: (*says).to_owned(), source }).collect();
    }
    let read = |read: &str| Fact {
        says: format!("It is made for sentence-transformers, which reads its sentence vector from {read}"),
        source: "the model's 1_Pooling/config.json",
    };
    pooling.map(read).into_iter().collect()
}

/// How a model's vectors were tuned to be read, in a few words; its facts say who tells it.
pub(super) fn tuned(name: &str) -> &'static str {
    KNOWN.iter().find(|(names, ..)| names.contains(&name)).map_or("tuning not known", |(_, tuned, _)| tuned)
}

/// The same as one text, each fact with its source; `None` where nothing is known.
pub(super) fn told(name: &str, pooling: Option<&str>) -> Option<String> {
    let facts: Vec<String> =
        of(name, pooling).into_iter().map(|Fact { says, source }| format!("{says} ({source}).")).collect();
    (!facts.is_empty()).then(|| facts.join(" "))
}

/// What is said where nothing is known.
pub(super) const UNKNOWN: &str = "How it was trained is not known to this program; its model card may say. What its [CLS] \
                                  was trained for decides what can be read from it.";

#[cfg(test)]
mod tests {
    use super::{Fact, KNOWN, THROUGH_CLS, THROUGH_MEAN, UNTUNED, of, told, tuned};

    #[test]
    fn a_model_that_is_not_known_by_name_is_described_by_its_own_files() {
        let facts = of("people/tiny", Some("the mean of all tokens"));
        assert!(facts[0].says.contains("reads its sentence vector from the mean of all tokens"), "{facts:?}");
        assert_eq!(facts[0].source, "the model's 1_Pooling/config.json");
        assert_eq!(of("BAAI/bge-small-en-v1.5", Some("the mean of all tokens")), of("BAAI/bge-small-en-v1.5", None));
    }

    #[test]
    fn histories_are_found_by_name_and_of_others_nothing_is_said() {
        let says = |name: &str, words: &str| told(name, None).is_some_and(|text| text.contains(words));
        assert!(says("all-MiniLM-L6-v2", "Every second layer"));
        assert!(says("BAAI/bge-small-en-v1.5", "read as the vector of [CLS]"));
        assert!(says("e5-small-v2", "the mean of all tokens"));
        assert!(says("google-bert/bert-base-uncased", "next-sentence prediction)"));
        assert!(says("distilbert-base-uncased", "distilled from BERT-base"));
        assert!(says("FacebookAI/roberta-base", "without next-sentence prediction"));
        assert_eq!([told("people/tiny", None), told("people/bert-base-uncased-tuned", None)], [None, None]);
    }

    #[test]
    fn only_whole_names_say_through_what_a_model_was_tuned() {
        let all = ["all-MiniLM-L6-v2", "bge-small-en-v1.5", "intfloat/e5-small-v2", "google-bert/bert-base-uncased"];
        assert_eq!(all.map(tuned), [THROUGH_MEAN, THROUGH_CLS, THROUGH_MEAN, UNTUNED]);
        assert_eq!(["e5-small-v2-tuned", "people/bge-tiny"].map(tuned), ["tuning not known"; 2]);
    }

    #[test]
    fn every_fact_is_one_sentence_and_names_its_source() {
        for (names, ..) in KNOWN {
            for Fact { says, source } in of(names[0], None) {
                assert!(!source.is_empty() && !says.contains(". ") && !says.ends_with('.'), "{says}");
            }
        }
    }
}
