# Reference values of the weighted log-rank tests, by R survival where it has them (rho alone, no
# late entry), else from their definition, event time by event time.
# Run from the repository root: Rscript tests/reference/make_weighted_logrank_reference.R
# Reads survival_spells.csv (make_survival_data.py), writes weighted_logrank.json.

library(survival)

here <- "tests/reference"
spells <- read.csv(file.path(here, "survival_spells.csv"))

json <- function(v) {
  if (is.null(v)) return("null")
  if (is.list(v)) {
    if (is.null(names(v))) return(paste0("[", paste(sapply(v, json), collapse = ", "), "]"))
    return(paste0("{", paste0('"', names(v), '": ', sapply(v, json), collapse = ",\n"), "}"))
  }
  one <- if (is.character(v)) paste0('"', v, '"') else sprintf("%.13g", v)
  if (length(v) == 1) one else paste0("[", paste(one, collapse = ", "), "]")
}

survdiff_case <- function(by, rho, strata = NULL) {
  right <- if (is.null(strata)) by else sprintf("%s + strata(%s)", by, strata)
  fit <- survdiff(as.formula(paste("Surv(duration, event) ~", right)), spells, rho = rho)
  total <- function(v) if (is.matrix(v)) rowSums(v) else v
  list(by = by, rho = rho, strata = strata, statistic = fit$chisq, p = fit$pvalue,
       observed = total(fit$obs), expected = total(fit$exp))
}
survdiff_cases <- list(
  survdiff_case("z", 1), survdiff_case("g", 1), survdiff_case("g", 0.5), survdiff_case("g", 0),
  survdiff_case("g", 1, "s"), survdiff_case("z", 2, "s")
)

weight_of <- list(
  "fleming-harrington" = function(n, d, before, modified, rho, gamma) before^rho * (1 - before)^gamma,
  "gehan" = function(n, d, before, modified, rho, gamma) n,
  "tarone-ware" = function(n, d, before, modified, rho, gamma) sqrt(n),
  "peto" = function(n, d, before, modified, rho, gamma) modified,
  "modified-peto" = function(n, d, before, modified, rho, gamma) modified * n / (n + 1)
)

by_hand <- function(weights, by, rho = 0, gamma = 0, strata = NULL, entry = NULL) {
  groups <- sort(unique(spells[[by]]))
  frame <- spells
  frame$.s <- if (is.null(strata)) "all" else frame[[strata]]
  frame$.e <- if (is.null(entry)) -1 else frame[[entry]]
  k <- length(groups)
  observed <- expected <- numeric(k)
  V <- matrix(0, k, k)
  for (stratum in unique(frame$.s)) {
    part <- frame[frame$.s == stratum, ]
    before <- modified <- 1
    for (t in sort(unique(part$duration[part$event == 1]))) {
      risk <- part[part$.e < t & part$duration >= t, ]
      dies <- risk$duration == t & risk$event == 1
      n <- nrow(risk)
      d <- sum(dies)
      nj <- sapply(groups, function(g) sum(risk[[by]] == g))
      dj <- sapply(groups, function(g) sum(dies & risk[[by]] == g))
      modified <- modified * (1 - d / (n + 1))
      w <- weight_of[[weights]](n, d, before, modified, rho, gamma)
      observed <- observed + w * dj
      expected <- expected + w * nj * d / n
      if (n > 1) V <- V + w^2 * (diag(nj / n) - outer(nj, nj) / n^2) * d * (n - d) / (n - 1)
      before <- before * (1 - d / n)
    }
  }
  difference <- (observed - expected)[-1]
  statistic <- drop(difference %*% solve(V[-1, -1], difference))
  list(weights = weights, by = by, rho = rho, gamma = gamma, strata = strata, entry = entry,
       statistic = statistic, df = k - 1, p = pchisq(statistic, k - 1, lower.tail = FALSE),
       observed = observed, expected = expected)
}
defined <- unlist(lapply(names(weight_of)[-1], function(weights) list(
  by_hand(weights, "z"), by_hand(weights, "g"), by_hand(weights, "g", strata = "s"),
  by_hand(weights, "g", strata = "s", entry = "entry"))), recursive = FALSE)
harrington <- lapply(list(c(1, 0), c(0, 1), c(1, 1), c(0.5, 2)), function(e)
  by_hand("fleming-harrington", "g", e[1], e[2], strata = "s", entry = "entry"))
simple <- lapply(list(c(1, 0), c(0, 1), c(2, 2)), function(e)
  by_hand("fleming-harrington", "z", e[1], e[2]))

writeLines(json(list(
  versions = list(R = as.character(getRversion()), survival = as.character(packageVersion("survival"))),
  survdiff = survdiff_cases, defined = c(defined, harrington, simple)
)), file.path(here, "weighted_logrank.json"))
