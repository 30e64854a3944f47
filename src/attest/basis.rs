//! What the digest of a recipe in a policy rests on, in the words of reports. A digest that was copied from the
//! statements which it then selects proves nothing about the source: every report says so until it is evaluated.

use serde::Deserialize;

use super::policy::Policy;

/// Where the digest of a derivation in a policy comes from, by who wrote the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DrvFrom {
    /// Copied from what builders state, as `sarsen policy init` does.
    Builder,
    /// Evaluated from the source.
    Source,
}

/// What all recipes of a policy rest on; the one that proves least comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// On what a builder says of itself.
    #[default]
    Builder,
    /// On the policy, which does not say on what.
    Policy,
    /// On an evaluation of the source by who wrote the policy.
    Source,
}

impl Basis {
    /// That of the weakest recipe of `policy`.
    pub fn of(policy: &Policy) -> Self {
        let basis = policy.recipe.iter().map(|recipe| match recipe.drv_from {
            Some(DrvFrom::Builder) => Self::Builder,
            None => Self::Policy,
            Some(DrvFrom::Source) => Self::Source,
        });
        basis.min().unwrap_or_default()
    }

    /// The value of `drv-from`; none where the policy does not have it.
    pub const fn drv_from(self) -> Option<&'static str> {
        match self {
            Self::Builder => Some("builder"),
            Self::Policy => None,
            Self::Source => Some("source"),
        }
    }

    /// As every report has it, behind `recipe: `.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Builder => "claimed by the builder, not evaluated here",
            Self::Policy => "as the policy has it",
            Self::Source => "evaluated from the source by the policy's author, not here",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attest::trust::Trust;
    use crate::error::Error;

    fn first_toml(page: &str) -> String {
        page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned()
    }

    #[test]
    fn the_weakest_recipe_decides() {
        let trust = Trust::parse(&first_toml(include_str!("../../docs/formats/trust.md")), "t").unwrap();
        let text = first_toml(include_str!("../../docs/formats/policy.md"));
        let (head, recipe) = text.split_once("[[recipe]]").unwrap();
        let recipe = recipe.split("[independence]").next().unwrap();
        let (builder, source) = ("drv-from = \"builder\"\n", "drv-from = \"source\"\n");
        for (recipes, expected) in [
            (vec![""], Basis::Policy),
            (vec![builder], Basis::Builder),
            (vec![source], Basis::Source),
            (vec![source, ""], Basis::Policy),
            (vec!["", source, builder], Basis::Builder),
        ] {
            let text = recipes
                .iter()
                .fold(format!("any-system = true\n{head}"), |text, more| text + "[[recipe]]" + recipe + more);
            assert_eq!(Basis::of(&Policy::parse(&text, "p", &trust).unwrap()), expected, "{text}");
        }
        let wrong = format!("{head}[[recipe]]{recipe}drv-from = \"cache\"\n");
        let error = Error::from(Policy::parse(&wrong, "p", &trust).unwrap_err());
        assert!(error.message.contains("unknown value `cache`"), "{error}");
    }
}
