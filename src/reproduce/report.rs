//! The report: the same text, tables and pictures as Markdown and as one HTML page.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::protocol::Figure;
use crate::plot::escaped;
use crate::store::write_whole;

/// How a report came about.
#[derive(Clone, Debug, Serialize)]
pub struct Provenance {
    /// The command that wrote it.
    pub command: String,
    /// The day it was written.
    pub date: String,
    /// Version of the program.
    pub version: String,
    /// Where the networks were measured.
    pub adapter: String,
    /// Where the digits were read from.
    pub data: String,
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How it came about.
    pub provenance: Provenance,
    /// The adapters that the networks were trained on.
    pub trained_on: Vec<String>,
    /// Seeds of every recipe.
    pub seeds: u32,
    /// One section per figure.
    pub sections: Vec<Section>,
}

/// One figure.
#[derive(Debug, Serialize)]
pub struct Section {
    /// Which one.
    pub figure: Figure,
    /// What it shows.
    pub title: String,
    /// Remarks on it, one paragraph each.
    pub text: Vec<String>,
    /// Published values beside measured ones.
    pub table: Table,
    /// The pictures, in the report's folder.
    pub pictures: Vec<Picture>,
    /// Everything that was measured, for the CSV file.
    #[serde(skip)]
    pub data: Table,
}

/// Rows of text below the names of their columns.
#[derive(Debug, Serialize)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// One cell per column.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: &[&str]) -> Self {
        Self {
            columns: columns.iter().map(|&name| name.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }
}

/// A PNG in the report's folder.
#[derive(Debug, Serialize)]
pub struct Picture {
    /// Its name there.
    pub file: String,
    /// What it shows.
    pub caption: String,
    /// What the HTML page has instead of the file.
    #[serde(skip)]
    pub embedded: Embedded,
}

/// A picture inside the HTML page.
#[derive(Debug)]
pub enum Embedded {
    /// An `<svg>` element.
    Svg(String),
    /// The bytes of a PNG.
    Png(Vec<u8>),
}

impl Picture {
    fn html(&self) -> String {
        let caption = escaped(&self.caption);
        let picture = match &self.embedded {
            Embedded::Svg(svg) => svg.clone(),
            Embedded::Png(bytes) => format!(
                "<img alt=\"{caption}\" src=\"data:image/png;base64,{}\">",
                STANDARD.encode(bytes)
            ),
        };
        format!("<figure>{picture}<figcaption>{caption}</figcaption></figure>\n")
    }
}

impl Section {
    /// The name of its CSV file.
    fn csv_file(&self) -> String {
        match self.figure.number() {
            Some(number) => format!("figure-{number}.csv"),
            None => format!("{}.csv", self.figure.name()),
        }
    }

    fn heading(&self) -> String {
        match self.figure.number() {
            Some(number) => format!("Figure {number}: {}", self.title),
            None => self.title.clone(),
        }
    }
}

impl Report {
    /// Writes `report.md`, `report.html` and the CSV files into `folder`, beside the pictures.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        for section in &self.sections {
            let csv = csv_of(&section.data)?;
            write_whole(&folder.join(section.csv_file()), &csv)?;
        }
        write_whole(&folder.join("report.md"), self.markdown().as_bytes())?;
        write_whole(&folder.join("report.html"), self.html().as_bytes())?;
        Ok(())
    }

    /// How the report came about: names and values.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let provenance = &self.provenance;
        vec![
            ("Command", provenance.command.clone()),
            ("Date", provenance.date.clone()),
            ("Program", format!("lenet-gpu {}", provenance.version)),
            ("Digits", provenance.data.clone()),
            ("Seeds of every recipe", self.seeds.to_string()),
            ("Trained on", self.trained_on.join("; ")),
            ("Measured on", provenance.adapter.clone()),
        ]
    }

    fn markdown(&self) -> String {
        let mut text = format!("# {TITLE}\n\n{INTRODUCTION}\n\n");
        for (name, value) in self.facts() {
            let _ = writeln!(text, "- {name}: {value}");
        }
        for section in &self.sections {
            let _ = write!(text, "\n## {}\n\n", section.heading());
            for paragraph in &section.text {
                let _ = write!(text, "{paragraph}\n\n");
            }
            text += &markdown_table(&section.table);
            for Picture { file, caption, .. } in &section.pictures {
                let _ = write!(text, "\n![{caption}]({file})\n");
            }
            let file = section.csv_file();
            let _ = write!(text, "\nAll numbers: [{file}]({file})\n");
        }
        text
    }

    fn html(&self) -> String {
        let mut text = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{TITLE}</title>\n\
             <style>{STYLE}</style>\n<h1>{TITLE}</h1>\n<p>{}</p>\n<ul>\n",
            escaped(INTRODUCTION)
        );
        for (name, value) in self.facts() {
            let _ = writeln!(text, "<li>{name}: {}</li>", escaped(&value));
        }
        text += "</ul>\n";
        for section in &self.sections {
            let _ = writeln!(text, "<h2>{}</h2>", escaped(&section.heading()));
            for paragraph in &section.text {
                let _ = writeln!(text, "<p>{}</p>", escaped(paragraph));
            }
            text += &html_table(&section.table);
            text.extend(section.pictures.iter().map(Picture::html));
        }
        text + "</html>\n"
    }
}

const TITLE: &str = "LeNet-5 (1998), reproduced";

const INTRODUCTION: &str = "Figures of LeCun, Bottou, Bengio and Haffner, Gradient-Based Learning \
                            Applied to Document Recognition (1998), measured again. Errors are in \
                            per cent of the test digits, as the mean over the seeds ± their \
                            standard deviation. Chance alone moves an error near 1 % on 10,000 \
                            digits by about 0.1 %.";

const STYLE: &str = "body{font-family:sans-serif;max-width:1020px;margin:2em auto;padding:0 1em;\
                     line-height:1.4}table{border-collapse:collapse}td,th{border:1px solid #bbb;\
                     padding:.25em .6em;text-align:left}img,svg{max-width:100%;height:auto}figure{margin:1em 0}\
                     figcaption{color:#555}";

fn csv_of(table: &Table) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&table.columns)?;
    for row in &table.rows {
        writer.write_record(row)?;
    }
    Ok(writer.into_inner()?)
}

fn markdown_table(table: &Table) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = vec!["---".to_owned(); table.columns.len()];
    let rows: String = table.rows.iter().map(|row| line(row)).collect();
    line(&table.columns) + &line(&rule) + &rows
}

fn html_table(table: &Table) -> String {
    let line = |tag: &str, cells: &[String]| {
        let cells: String = cells
            .iter()
            .map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell)))
            .collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = table.rows.iter().map(|row| line("td", row)).collect();
    format!("<table>\n{}{rows}</table>\n", line("th", &table.columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut table = Table::new(&["what", "paper", "here"]);
        table.row(["a < b".to_owned(), "0.95".to_owned(), "0.70".to_owned()]);
        let mut data = Table::new(&["a", "b"]);
        data.row(["1,5".to_owned(), "2".to_owned()]);
        Report {
            provenance: Provenance {
                command: "lenet-gpu reproduce".to_owned(),
                date: "2026-01-01".to_owned(),
                version: "1".to_owned(),
                adapter: "CPU".to_owned(),
                data: "digits".to_owned(),
            },
            trained_on: vec!["CPU".to_owned()],
            seeds: 1,
            sections: vec![Section {
                figure: Figure::Errors,
                title: "errors".to_owned(),
                text: vec!["Beside others.".to_owned()],
                table,
                pictures: vec![Picture {
                    file: "p.png".to_owned(),
                    caption: "a \"picture\"".to_owned(),
                    embedded: Embedded::Png(vec![1, 2, 3]),
                }],
                data,
            }],
        }
    }

    #[test]
    fn markdown_has_tables_pictures_and_numbers() {
        let text = report().markdown();
        assert!(text.contains("## Figure 9: errors"), "{text}");
        assert!(
            text.contains("| what | paper | here |\n| --- | --- | --- |\n| a < b | 0.95 | 0.70 |")
        );
        assert!(text.contains("(p.png)") && text.contains("(figure-9.csv)"));
    }

    #[test]
    fn html_stands_alone() {
        let html = report().html();
        assert!(html.contains("data:image/png;base64,AQID"), "{html}");
        assert!(html.contains("<td>a &lt; b</td>"));
        assert!(html.contains("alt=\"a &quot;picture&quot;\""));
        assert!(!html.contains("src=\"p.png"));
    }

    #[test]
    fn html_has_charts_as_elements() {
        let mut report = report();
        let svg = "<svg>…</svg>".to_owned();
        report.sections[0].pictures[0].embedded = Embedded::Svg(svg);
        let html = report.html();
        assert!(html.contains("<figure><svg>…</svg><figcaption>"), "{html}");
        assert!(!html.contains("src="), "{html}");
    }

    #[test]
    fn csv_quotes_what_has_to_be() {
        let csv = csv_of(&report().sections[0].data).unwrap();
        assert_eq!(String::from_utf8(csv).unwrap(), "a,b\n\"1,5\",2\n");
    }
}
