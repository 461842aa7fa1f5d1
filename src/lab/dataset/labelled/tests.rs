use super::*;

const KINDS: [&str; 3] = ["question", "answer", "remark"];

/// 120 sentences of three kinds, one line each by `line`, after `extra`.
fn file(extra: &str, line: impl Fn(usize, &str) -> String) -> String {
    format!("{extra}{}", (0..120).map(|number| line(number, KINDS[number % 3])).collect::<String>())
}

fn forms() -> [(Form, String); 3] {
    [
        (Form::Tsv, file("label\ttext\n", |number, kind| format!("{kind}\tsay, \"{number}\"\n"))),
        (Form::Csv, file("text,label\r\n", |number, kind| format!("\"say, \"\"{number}\"\"\",{kind}\r\n"))),
        (
            Form::JsonLines,
            file("", |number, kind| {
                format!("{}\n", serde_json::json!({ "text": format!("say, \"{number}\""), "label": kind }))
            }),
        ),
    ]
}

fn error(form: Form, text: &str) -> String {
    Dataset::labelled("mine", form, text).expect_err("should be refused").to_string()
}

#[test]
fn every_form_gives_the_same_sentences() {
    for (form, text) in forms() {
        let dataset = Dataset::labelled("mine", form, &text).expect("good");
        assert_eq!(dataset.classes(), ["answer", "question", "remark"], "{form:?}");
        assert_eq!(dataset.items().len(), 120);
        let item = &dataset.items()[4];
        assert_eq!((item.text.as_str(), item.label, item.split), ("say, \"4\"", 0, split(&content_hash("say, \"4\""))));
    }
}

#[test]
fn an_own_split_is_kept_and_numbers_are_ordered_by_value() {
    let names = ["train", "dev", "Test"];
    let text = file("text,label,split\n", |number, _| format!("s{number},{},{}\n", 9 + number % 2, names[number % 3]));
    let dataset = Dataset::labelled("mine", Form::Csv, &text).expect("good");
    assert_eq!(dataset.classes(), ["9", "10"]);
    assert_eq!([Split::Train, Split::Validation, Split::Test].map(|split| dataset.indices(split).len()), [40; 3]);
    assert!(error(Form::Csv, &text.replacen(",dev", ",later", 1)).contains("line 3: the split \"later\""));
}

#[test]
fn what_was_left_out_is_counted_and_told() {
    let extra = "label\ttext\nanswer\tyes\nanswer\tYES\nremark\tyes\nremark\t \n\tno\n";
    let text = file(extra, |number, kind| format!("{kind}\tsentence {number}\n"));
    let dataset = Dataset::labelled("mine", Form::Tsv, &text).expect("good");
    let expected = Dropped { neutral: 0, repeated: 1, contradicting: 1, empty: 1, unlabelled: 1 };
    assert_eq!(dataset.dropped(), expected);
    let summary = dataset.summary();
    assert!(summary.starts_with("mine: 121 sentences of 3 classes (answer 41, question 40, remark 40)"), "{summary}");
    assert!(
        summary.ends_with("left out: 1 repeated, 1 repeated with another label, 1 empty, 1 without label"),
        "{summary}"
    );
}

#[test]
fn errors_name_the_line() {
    assert!(error(Form::Tsv, "text\tkind\n").contains("no column named \"label\""));
    assert!(error(Form::Csv, "").contains("no column named \"text\""));
    assert!(error(Form::Csv, "text,label\na,b,c\n").contains("line 2: it has not as many columns"));
    assert!(
        error(Form::JsonLines, "{\"text\":\"a\",\"label\":1}\n[1]\n").contains("line 2: this is not a JSON object")
    );
    assert!(error(Form::JsonLines, "{\"label\":1}").contains("line 1: there is no \"text\""));
    assert!(error(Form::JsonLines, "{\"text\":\"a\",\"label\":[1]}").contains("line 1: the \"label\""));
    assert!(error(Form::Csv, "text,label\n\0,b\n").contains("line 2: there is a NUL byte"));
    let one = file("text,label\n", |number, _| format!("s{number},same\n"));
    assert!(error(Form::Csv, &one).contains("every sentence left is same"));
    let text = file("text,label,split\nodd,rare,test\n", |number, kind| {
        format!("s{number},{kind},{}\n", ["train", "validation", "test", "train"][number % 4])
    });
    assert!(error(Form::Csv, &text).contains("no sentence of the class \"rare\" is in the train split"));
}
