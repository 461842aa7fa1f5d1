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
fn where_nothing_is_left_the_reasons_are_told() {
    let text = (0..20).fold("text,label\n".to_owned(), |text, number| text + &format!("s{number},\n"));
    let error = error(Form::Csv, &text);
    assert!(error.contains("all 20 rows were left out: 20 without label. Each must"), "{error}");
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
    assert!(error(Form::Tsv, "text\tkind\n").contains("line 1: no column named \"label\", only \"text\", \"kind\"."));
    let many = (0..10).map(|number| format!("c{number}")).collect::<Vec<_>>().join(",");
    assert!(
        error(Form::Csv, &many).contains("\"text\", only \"c0\", ") && error(Form::Csv, &many).contains("and 2 more")
    );
    assert!(error(Form::Csv, "text,label\na,b,c\n").contains("line 2: it has 3 fields where the first line has 2"));
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

#[test]
fn an_empty_file_is_called_empty() {
    for form in [Form::Tsv, Form::Csv, Form::JsonLines] {
        for text in ["", "\u{feff}", " \n\n"] {
            assert!(error(form, text).starts_with("mine: the file is empty."), "{form:?} {text:?}");
        }
    }
}

#[test]
fn a_quote_that_is_not_closed_is_an_error_at_the_line_that_opens_it() {
    let broken = [
        "\"the terrible dull,neg\n\"the funny film\",pos\n",
        "\"the terrible dull,neg\nthe funny film,pos\n\"the good film\",pos\n",
        "\"never closed,neg\nthe funny film,pos\n",
        "\"closed\" too early,neg\n",
        "\"ends with two\"\"",
    ];
    for broken in broken {
        let text = file("text,label\n\"two\nlines\",answer\n", |number, kind| format!("s{number},{kind}\n"));
        let error = error(Form::Csv, &format!("{text}{broken}"));
        assert!(error.starts_with("mine, line 124: a quote is opened and not closed"), "{broken:?}: {error}");
    }
    let legal = "text,label\r\n\"two\r\nlines, \"\"quoted\"\"\",\"answer\"\r\n\"\"\"all\"\"\",answer\r\na 5\" nail,answer\r\n\"\",answer\r\n";
    let text = file(legal, |number, kind| format!("\"s{number}\",{kind}\n"));
    let text = format!("{text}last,\"answer\"");
    let dataset = Dataset::labelled("mine", Form::Csv, &text).expect("good");
    let texts: Vec<&str> = dataset.items().iter().take(3).map(|item| item.text.as_str()).collect();
    assert_eq!(texts, ["two\r\nlines, \"quoted\"", "\"all\"", "a 5\" nail"]);
    assert_eq!((dataset.items().len(), dataset.dropped().empty), (124, 1));
    // Without quoting they are characters like others.
    let tabs = file("text\tlabel\n\"open\tanswer\n", |number, kind| format!("s{number}\t{kind}\n"));
    assert_eq!(Dataset::labelled("mine", Form::Tsv, &tabs).expect("good").items()[0].text, "\"open");
}

#[test]
fn a_use_that_an_own_split_leaves_out_is_named() {
    for (kept, missing) in [(["train", "test"], "validation"), (["train", "dev"], "test"), (["dev", "test"], "train")] {
        let text = file("text,label,split\n", |number, kind| format!("s{number},{kind},{}\n", kept[number % 2]));
        let error = error(Form::Csv, &text);
        assert!(error.contains(&format!("no sentence left has the split \"{missing}\"")), "{error}");
    }
    // Where the content decides, there are too few.
    assert!(error(Form::Csv, "text,label\na,b\nc,d\n").contains("2 sentences are too few"));
}

#[test]
fn labels_of_a_scale_are_told_from_classes() {
    let scale = file("text,label\n", |number, _| format!("s{number},{}.{}\n", number % 50 / 10, number % 10));
    assert!(error(Form::Csv, &scale).contains("different numbers as labels, as a scale has"));
    let counts = file("text,label\n", |number, _| format!("s{number},{}\n", number * 3));
    assert!(error(Form::Csv, &counts).contains("clsroom learns classes"));
    // Stars are classes, and so are the numbers of many classes with several sentences each.
    for most in [5, 20] {
        let stars = file("text,label\n", |number, _| format!("s{number},{}\n", number % most));
        assert_eq!(Dataset::labelled("mine", Form::Csv, &stars).map(|found| found.classes().len()).ok(), Some(most));
    }
}

#[test]
fn labels_that_differ_only_in_case_are_said() {
    let text = file("text,label\n", |number, _| format!("s{number},{}\n", ["pos", "Pos", "neg"][number % 3]));
    let summary = Dataset::labelled("mine", Form::Csv, &text).expect("good").summary();
    assert!(summary.ends_with("differ only in case are classes of their own: Pos and pos"), "{summary}");
    let text = file("text,label\n", |number, _| format!("s{number},{}\n", ["pos", "neg"][number % 2]));
    assert!(!Dataset::labelled("mine", Form::Csv, &text).expect("good").summary().contains("case"));
}

/// The first line and rows that name their number, with what stands around them by `row`.
fn rows(first: &str, row: impl Fn(usize) -> String) -> String {
    format!("{first}\n") + &(0..90).map(|number| row(number) + "\n").collect::<String>()
}

#[test]
fn texts_are_kept_as_they_stand_and_split_by_what_they_are() {
    let text = "one\u{a0}two\u{200b}\tthree\u{1b}[31m";
    let csv = format!("text,label\n\"{text}\nfour\",a\n") + &file("", |number, kind| format!("s{number},{kind}\n"));
    let dataset = Dataset::labelled("mine", Form::Csv, &csv).expect("good");
    let item = &dataset.items()[0];
    assert_eq!(item.text, format!("{text}\nfour"));
    assert_eq!(item.hash, content_hash(&item.text));
    let json = serde_json::json!({ "text": "a\u{0}\nb", "label": 1 }).to_string() + "\n";
    let json = json + &file("", |number, _| format!("{{\"text\": \"s{number}\", \"label\": {}}}\n", number % 2));
    assert_eq!(Dataset::labelled("mine", Form::JsonLines, &json).expect("good").items()[0].text, "a\0\nb");
}

#[test]
fn each_cause_of_an_unreadable_csv_is_named() {
    let text = |number: usize| format!("the book was boring on day {number}");
    for (first, row, expected) in [
        ("text;label", "TEXT;L", "line 1: the columns are separated by semicolons (;), not by commas"),
        ("\"text\";\"label\"", "\"TEXT\";L", "line 1: the columns are separated by semicolons"),
        ("text\tlabel", "TEXT\tL", "separated by tabs, not by commas. End its name in .tsv"),
        ("text|label", "TEXT|L", "separated by bars (|)"),
        ("sep=,\ntext,label", "TEXT,L", "line 1: \"sep=,\" is a line for Excel"),
        ("sep=;\ntext;label", "TEXT;L", "Remove this line, and separate the columns by commas"),
        ("text,label", "TEXT,L,", "line 2: it has 3 fields where the first line has 2. It ends with one too many"),
        ("text,label", "TEXT,L,,", "it has 4 fields where the first line has 2. It ends with some too many"),
        ("text,label", "TEXT, again,L", "Put each text that holds a comma between double quotes"),
        ("text,label,split", "TEXT,L", "it has 2 fields where the first line has 3. Columns are separated by commas"),
        ("label, text", "L, \"TEXT, again\"", "line 2: it has 3 fields where the first line has 2. A space stands"),
        ("label, text", "L, \"TEXT\"", "line 2: a space stands before the quote of every text"),
        ("text,label", "'TEXT, again',L", "Only straight double quotes"),
        ("text,label", "\u{201c}TEXT, again\u{201d},L", "Only straight double quotes"),
        ("text,label", "'TEXT',L", "every text stands between single quotes"),
        ("text,label", "\"he said \\\"TEXT\\\"\",L", "line 2: a backslash stands before a quote"),
        ("\"text,label\"", "\"TEXT,L\"", "The whole line stands between quotes"),
        ("\"1\",\"the book was boring\"", "L,TEXT", "put a line label,text before it"),
        ("the book was boring on day 0,1", "TEXT,L", "put a line text,label before it"),
        ("review,stars", "TEXT,L", "only \"review\", \"stars\". Rename \"review\" to text and \"stars\" to label"),
        ("Sentence,label", "TEXT,L", "Rename \"Sentence\" to text"),
        ("text,target", "TEXT,L", "Rename \"target\" to label"),
        ("text,Gold label", "TEXT,L", "Rename \"Gold label\" to label"),
        ("text,text,label", "TEXT,TEXT,L", "more than one column is named \"text\""),
    ] {
        let csv = rows(first, |number| row.replace("TEXT", &text(number)).replace(",L", &format!(",{}", number % 2)));
        let csv = csv.replace("\nL", "\n1");
        let said = error(Form::Csv, &csv);
        assert!(said.contains(expected), "{first} {row}: {said}");
        assert!(!said.contains('\n'), "one line: {said}");
    }
    let tsv = rows("text,label", |number| format!("{},{}", text(number), number % 2));
    assert!(error(Form::Tsv, &tsv).contains("separated by commas, not by tabs. End its name in .csv"));
}

#[test]
fn columns_are_found_in_other_case_and_behind_unseen_characters() {
    for first in
        ["Text,Label", "TEXT,LABEL", "\u{feff}text,label", "\u{feff}\"text\",\"label\"", " text , label\u{200b}"]
    {
        let csv = rows(first, |number| format!("day {number},{}", ["good", "bad\u{feff}"][number % 2]));
        let found = Dataset::labelled("mine", Form::Csv, &csv).unwrap_or_else(|why| panic!("{first}: {why}"));
        assert_eq!(found.classes(), ["bad", "good"], "{first}");
    }
    // One of them written exactly so is meant.
    let csv = rows("Text,text,label", |number| format!("no,day {number},{}", number % 2));
    assert_eq!(Dataset::labelled("mine", Form::Csv, &csv).expect("good").items()[3].text, "day 3");
    let json = file("", |number, _| format!("{{\"Text\": \"s{number}\", \"LABEL\": {}}}\n", number % 2));
    assert_eq!(Dataset::labelled("mine", Form::JsonLines, &json).expect("good").items().len(), 120);
}

#[test]
fn each_cause_of_unreadable_json_lines_is_named() {
    for (line, expected) in [
        ("[{\"text\": \"a\", \"label\": 1}]", "line 1: the file is one JSON array. Write one object a line"),
        ("{\"text\": \"a\", \"label\": NaN}", "NaN and Infinity are no JSON: write null"),
        ("{\"text\": [\"a\"], \"label\": 1}", "the \"text\" is not a string"),
        ("{\"review\": \"a\", \"label\": 1}", "there is no \"text\", only \"label\", \"review\". Rename \"review\""),
        ("{\"text\": \"a\", \"stars\": 1}", "there is no \"label\". Rename \"stars\" to label"),
        ("{", "Write one object a line"),
    ] {
        let said = error(Form::JsonLines, line);
        assert!(said.contains(expected), "{line}: {said}");
    }
    let json = file("{\"text\": null, \"label\": 1}\n", |number, _| {
        let label = ["0.0", "1", "null", "1.0"][number % 4];
        format!("{{\"text\": {number}, \"label\": {label}}}\n")
    });
    let dataset = Dataset::labelled("mine", Form::JsonLines, &json).expect("good");
    assert_eq!((dataset.classes(), dataset.items()[1].text.as_str()), (["0", "1"].map(str::to_owned).as_slice(), "1"));
    assert_eq!((dataset.dropped().empty, dataset.dropped().unlabelled), (1, 30));
}

#[test]
fn a_tsv_that_pandas_wrote_is_read_as_quoted_and_another_as_it_stands() {
    let quoted =
        |text: &dyn Fn(usize) -> String| rows("text\tlabel", |number| format!("\"{}\"\t{}", text(number), number % 2));
    let first = |tsv: &str| Dataset::labelled("mine", Form::Tsv, tsv).expect("good").items()[0].text.clone();
    assert_eq!(first(&quoted(&|number| format!("they said \"\"day {number}\"\""))), "they said \"day 0\"");
    assert_eq!(first(&quoted(&|number| format!("day {number}\nand more"))), "day 0\nand more");
    assert_eq!(first(&quoted(&|number| format!("day {number}\tand more"))), "day 0\tand more");
    assert_eq!(first(&quoted(&|number| format!("day {number}\r\nmore")).replace("\t0\n", "\t0\r\n")), "day 0\r\nmore");
    let unbalanced = rows("text\tlabel", |number| format!("\"day {number}\t{}", number % 2));
    assert_eq!(first(&unbalanced), "\"day 0");
    // One quote that is never closed: the others are characters too, and that is said.
    let mixed = quoted(&|number| format!("they said \"\"day {number}\"\"")).replacen("day 5\"\"\"", "day 5", 1);
    let dataset = Dataset::labelled("mine", Form::Tsv, &mixed).expect("good");
    assert_eq!((dataset.items()[0].text.as_str(), dataset.items().len()), ("\"they said \"\"day 0\"\"\"", 90));
    assert!(dataset.summary().ends_with("read as characters, because the one on line 7 is not closed"));
    let tabs = quoted(&|number| format!("day {number}\tand more")).replacen("more\"", "more", 1);
    assert!(error(Form::Tsv, &tabs).contains("because the one on line 2 is not closed"), "{}", error(Form::Tsv, &tabs));
}

#[test]
fn labels_that_pandas_made_floats_are_the_classes_they_were() {
    let labels = ["1", "1.0", "0.0", "0", "NaN", ""];
    let csv = rows("text,label", |number| format!("day {number},{}", labels[number % 6]));
    let dataset = Dataset::labelled("mine", Form::Csv, &csv).expect("good");
    assert_eq!((dataset.classes(), dataset.items().len()), (["0", "1"].map(str::to_owned).as_slice(), 60));
    let summary = dataset.summary();
    assert!(summary.contains("left out: 30 without label; labels are read as numbers: 0 and 0.0 are the class 0"));
    assert!(summary.ends_with("NaN counts as no label, because the other labels are numbers"), "{summary}");
    let words = rows("text,label", |number| format!("day {number},{}", ["none", "some"][number % 2]));
    let dataset = Dataset::labelled("mine", Form::Csv, &words).expect("good");
    assert_eq!(dataset.classes(), ["none", "some"], "a class may be called none");
    assert!(dataset.summary().ends_with("none is a class of its own; where a label is missing, leave it empty"));
}

#[test]
fn labels_that_glue_hides_are_named() {
    let csv = |labels: [&str; 3]| {
        rows("text,label,split", |number| {
            let split = ["train", "validation", "test"][number % 3];
            let label =
                if labels[number % 3].is_empty() { (number / 3 % 2).to_string() } else { labels[number % 3].into() };
            format!("day {number},{label},{split}")
        })
    };
    let said = error(Form::Csv, &csv(["", "", "-1"]));
    assert!(said.contains("all 30 labels of the test split are -1, which is how GLUE hides them"), "{said}");
    let said = error(Form::Csv, &csv(["", "-1", ""]));
    assert!(said.contains("all 30 labels of the validation split are -1, which is how GLUE hides them"), "{said}");
    let said = error(Form::Csv, &rows("text,label", |number| format!("day {number},-1")));
    assert!(said.contains("all 90 labels of the file are -1"), "{said}");
    let beside = rows("text,label", |number| format!("day {number},{}", number as i64 % 3 - 1));
    let summary = Dataset::labelled("mine", Form::Csv, &beside).expect("good").summary();
    assert!(summary.contains("careful: 30 have the label -1, which stands beside 0"), "{summary}");
    let polarity = rows("text,label", |number| format!("day {number},{}", number as i64 % 2 * 2 - 1));
    assert!(!Dataset::labelled("mine", Form::Csv, &polarity).expect("good").summary().contains("GLUE"));
}

#[test]
fn as_many_classes_as_sentences_are_refused_without_delay() {
    let csv = "text,label\n".to_owned()
        + &(0..200_000).map(|number| format!("s{number},c{number}")).collect::<Vec<_>>().join("\n");
    assert!(error(Form::Csv, &csv).contains("is in the train split"));
}

#[test]
fn numbers_of_many_digits_stay_the_labels_that_they_are() {
    let row = |at: usize| format!("{{\"text\":\"sentence {at}\",\"label\":10000000000000000000000{}}}", at % 2 + 1);
    let rows = (0..120).map(row).collect::<Vec<_>>().join("\n");
    let read = Dataset::labelled("mine", Form::JsonLines, &rows).expect("two classes");
    assert_eq!(read.classes(), ["100000000000000000000001", "100000000000000000000002"]);
}

#[test]
fn what_json_cannot_say_is_named() {
    let of = |line: &str| error(Form::JsonLines, &format!("{{\"text\":\"a\",\"label\":1}}\n{line}\n"));
    let half = of("{\"text\":\"\\ud800 x\",\"label\":1}");
    assert!(half.contains("line 2: it has half of a character"), "{half}");
    let large = of("{\"text\":\"a\",\"label\":1e400}");
    assert!(large.contains("line 2: one of its numbers is too large"), "{large}");
}

#[test]
fn a_sentence_without_end_is_refused() {
    let text = format!("text,label\ngood,1\n{},0\n", "x".repeat(MOST_TEXT + 1));
    let long = error(Form::Csv, &text);
    assert!(long.contains("line 3: the sentence has 400001 bytes, and at most 400000 are taken"), "{long}");
}
