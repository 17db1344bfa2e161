//! Options that make a recipe, as pairs of a name and a value: each is read as `train` reads it.

use std::sync::LazyLock;

use anyhow::Result;
use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

use super::hints::with_hint;
use super::options::NetworkArgs;
use super::recipe_args::RecipeArgs;
use crate::model::Recipe;
use crate::sweep::Setting;

/// The options that make a recipe.
#[derive(Debug, Args)]
struct RecipeSettings {
    /// Passes over the training set [default: the recipe's]
    #[arg(long)]
    passes: Option<usize>,
    #[command(flatten)]
    recipe: RecipeArgs,
    #[command(flatten, next_help_heading = "Network (defaults are the preset's)")]
    network: NetworkArgs,
}

/// A command that has these options alone, of which a later one replaces an earlier one of the same name.
static OPTIONS: LazyLock<Command> = LazyLock::new(|| {
    let command = Command::new("lenet-gpu")
        .no_binary_name(true)
        .disable_help_flag(true)
        .args_override_self(true);
    RecipeSettings::augment_args(command)
});

/// The recipe that `settings` make, the later of which replace earlier ones of the same option.
///
/// # Errors
/// If there is no such option, its value is none, or they make no sense together.
pub fn recipe_of<'a>(settings: impl Iterator<Item = &'a Setting>) -> Result<Recipe> {
    let words = settings.map(|Setting { option, value }| format!("--{option}={value}"));
    let matches = OPTIONS.clone().try_get_matches_from(words);
    let matches = matches.map_err(|error| anyhow::Error::msg(in_a_line(error)))?;
    let RecipeSettings {
        passes,
        recipe,
        network,
    } = RecipeSettings::from_arg_matches(&matches)?;
    recipe.recipe(&network, passes)
}

/// The setting of `option`, which may also be called by an alias, to `value`.
///
/// # Errors
/// If there is no such option, or that is no value of it.
pub fn setting(option: &str, value: &str) -> Result<Setting, String> {
    if option.is_empty() {
        return Err(format!("'={value}' has no option"));
    }
    if value.is_empty() {
        return Err(format!("'{option}' has an empty value"));
    }
    let word = format!("--{option}={value}");
    let matches = OPTIONS.clone().try_get_matches_from([word]);
    matches.map_err(|error| match error.kind() {
        ErrorKind::UnknownArgument => unknown(option, error),
        _ => in_a_line(error),
    })?;
    Ok(Setting {
        option: own_name(option).to_owned(),
        value: value.to_owned(),
    })
}

/// That there is no such `option`, and what clap, whose `error` says so, advises.
fn unknown(option: &str, error: Error) -> String {
    let line = in_a_line(error);
    let advice = line.find("; ").map_or("", |place| &line[place..]);
    format!("'{option}' is no option of a recipe or a network{advice}")
}

/// The name of the option that is called `name`.
fn own_name(name: &str) -> &str {
    let mut options = OPTIONS.get_arguments();
    let of_alias = options.find(|option| {
        let aliases = option.get_all_aliases().unwrap_or_default();
        aliases.contains(&name)
    });
    of_alias
        .and_then(|option| option.get_long())
        .unwrap_or(name)
}

/// What clap says, in one line without its advice on how to call the program.
fn in_a_line(error: Error) -> String {
    let text = with_hint(error).render().to_string();
    let is_advice = |line: &&str| line.starts_with("Usage") || line.starts_with("For more");
    let lines = text.lines().map(str::trim);
    let lines = lines.take_while(|line| !is_advice(line));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let line = lines.join(" ").replace(" tip: ", "; ");
    line.trim_start_matches("error: ").to_owned()
}

/// The options that make a recipe, as they were given on the command line.
#[derive(Debug)]
pub struct GivenSettings(pub Vec<Setting>);

impl FromArgMatches for GivenSettings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = OPTIONS.get_arguments().filter_map(|option| {
            let value = matches.get_raw(option.get_id().as_str())?.next_back()?;
            Some(Setting {
                option: option.get_long()?.to_owned(),
                // All of them were read from text.
                value: value.to_string_lossy().into_owned(),
            })
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for GivenSettings {
    fn augment_args(command: Command) -> Command {
        RecipeSettings::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        RecipeSettings::augment_args_for_update(command)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::model::Optimiser;
    use crate::train::Preset;

    #[test]
    fn settings_are_read_as_train_reads_them() {
        let sdlm = setting("optimizer", "sdlm").unwrap();
        assert_eq!(sdlm.to_string(), "optimiser=sdlm");
        let settings = ["passes=9", "passes=2", "recipe=best", "c3=full"].map(|word| {
            let (option, value) = word.split_once('=').unwrap();
            setting(option, value).unwrap()
        });
        let recipe = recipe_of(settings.iter().chain([&sdlm])).unwrap();
        assert_eq!(
            (recipe.passes, recipe.batch),
            (2, Preset::Best.recipe().batch)
        );
        assert_eq!(recipe.optimiser, Optimiser::Sdlm);
    }

    #[test]
    fn wrong_ones_are_refused_with_advice() {
        for (option, value, parts) in [
            ("lrr", "1", &["'lrr'", "'--lr'"][..]),
            ("batch-size", "1", &["'batch-size'", "--batch <N>"]),
            ("lr", "fast", &["'fast'", "--lr <LR>"]),
            ("lr", "", &["'lr' has an empty value"]),
            ("optimiser", "adm", &["'adm'", "adam", "sgd", "sdlm"]),
            ("seed", "1", &["'seed' is no option of a recipe"]),
            ("help", "1", &["'help' is no option"]),
            ("", "1", &["'=1' has no option"]),
        ] {
            let error = setting(option, value).unwrap_err();
            for part in parts {
                assert!(error.contains(part), "{option}={value}: {error}");
            }
            assert!(!error.contains('\n') && !error.contains("Usage"), "{error}");
        }
    }

    #[test]
    fn what_was_given_is_kept_as_it_was_written() {
        #[derive(Parser)]
        struct Command {
            #[command(flatten)]
            given: GivenSettings,
        }
        let words = ["sweep", "--optimizer", "sdlm", "--lr", "2e-3"];
        let Command { given } = Command::try_parse_from(words).unwrap();
        let mut words: Vec<String> = given.0.iter().map(Setting::to_string).collect();
        words.sort();
        assert_eq!(words, ["lr=2e-3", "optimiser=sdlm"]);
        assert!(Command::try_parse_from(["sweep", "--lr", "fast"]).is_err());
    }
}
