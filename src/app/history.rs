//! How well-known models were trained, as their papers and model cards tell it: what a lesson says of the model in use.

/// Names as the hub and folders have them, and the history of those models. Only whole names: what was tuned further has
/// another history.
const KNOWN: [(&[&str], &str, &str); 5] = [
    (
        &["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"],
        "It was distilled from a teacher the size of BERT-base, and every second layer was kept. Then it was tuned to \
         give like sentences like vectors, through the mean of all real tokens. In that tuning [CLS] was one voice in \
         an average, never read alone, and its pooler is a leftover that was not used.",
        "all-MiniLM-L6-v2, model card",
    ),
    (
        &[
            "BAAI/bge-small-en-v1.5",
            "BAAI/bge-base-en-v1.5",
            "BAAI/bge-large-en-v1.5",
            "bge-small-en-v1.5",
            "bge-base-en-v1.5",
        ],
        "It was tuned for search through the vector of [CLS] itself: that vector was read alone, for every text, so \
         here [CLS] had to learn to stand for the whole.",
        "Xiao et al. 2023, and the model card",
    ),
    (
        &[
            "distilbert-base-uncased",
            "distilbert-base-cased",
            "distilbert/distilbert-base-uncased",
            "distilbert/distilbert-base-cased",
        ],
        "It was distilled from BERT-base, with half of the layers, without segments, without a pooler and without \
         next-sentence prediction: nothing in its training read [CLS] alone.",
        "Sanh et al. 2019",
    ),
    (
        &["roberta-base", "roberta-large", "FacebookAI/roberta-base", "FacebookAI/roberta-large"],
        "It learned to fill in masked words on more text than BERT, without next-sentence prediction: nothing in its \
         training read its first token alone.",
        "Liu et al. 2019",
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
        "It learned to fill in masked words and, through [CLS] and the pooler, to tell whether one sentence follows \
         another (next-sentence prediction): that task is what its [CLS] was trained for.",
        "Devlin et al. 2019",
    ),
];

/// What is known of a model's training by its name, or of how it is read by its own files, and who tells it.
pub(super) fn of(name: &str, pooling: Option<&str>) -> (String, Option<&'static str>) {
    if let Some((_, history, source)) = KNOWN.iter().find(|(names, ..)| names.contains(&name)) {
        return ((*history).to_owned(), Some(*source));
    }
    match pooling {
        Some(read) => (
            format!(
                "It is made for sentence-transformers, which reads its sentence vector from {read}. Models of this kind \
                 are usually tuned through the vector that is read. More of its training may be in its model card."
            ),
            Some("the model's 1_Pooling/config.json"),
        ),
        None => (
            "How it was trained is not known to this program; its model card may say. What its [CLS] was trained for \
             decides what can be read from it."
                .to_owned(),
            None,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, of};

    fn told(name: &str) -> String {
        of(name, None).0
    }

    #[test]
    fn a_model_that_is_not_known_by_name_is_described_by_its_own_files() {
        let (history, source) = of("people/tiny", Some("the mean of all tokens"));
        assert!(history.contains("reads its sentence vector from the mean of all tokens"), "{history}");
        assert_eq!(source, Some("the model's 1_Pooling/config.json"));
        assert_eq!(of("BAAI/bge-small-en-v1.5", Some("the mean of all tokens")), of("BAAI/bge-small-en-v1.5", None));
    }

    #[test]
    fn histories_are_found_by_name_and_the_rest_is_said_to_be_unknown() {
        assert!(told("all-MiniLM-L6-v2").contains("every second layer"));
        assert!(told("BAAI/bge-small-en-v1.5").contains("vector of [CLS] itself"));
        assert!(told("google-bert/bert-base-uncased").contains("next-sentence prediction)"));
        assert!(told("distilbert-base-uncased").contains("distilled from BERT-base"));
        assert!(told("FacebookAI/roberta-base").contains("first token alone"));
        assert!(
            told("people/tiny").contains("not known") && told("people/bert-base-uncased-tuned").contains("not known")
        );
    }
    #[test]
    fn every_history_names_its_source() {
        assert!(KNOWN.iter().all(|(names, _, source)| !source.is_empty() && of(names[0], None).1 == Some(source)));
        assert_eq!(of("people/tiny", None).1, None);
    }
}
