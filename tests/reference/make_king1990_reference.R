# Reference estimates for the cabinets of King, Alt, Burns and Laver (1990), by R survival.
# Run from the repository root, naming the authors' file, which is not committed:
#   Rscript tests/reference/make_king1990_reference.R FOLDER/king1990_coalition.tab.gz
# Writes king1990.json, which holds estimates only.

library(survival)

given <- commandArgs(trailingOnly = TRUE)
if (length(given) != 1) stop("name the file king1990_coalition.tab.gz")
cabinets <- read.table(gzfile(given), header = TRUE)
stopifnot(nrow(cabinets) == 314)

text <- function(v) paste0("[", paste(sprintf("%.13g", v), collapse = ", "), "]")
words <- function(v) paste0("[", paste0('"', v, '"', collapse = ", "), "]")

case <- function(model, right) {
  formula <- as.formula(paste("Surv(duration, ciep12) ~", right))
  if (model == "cox") {
    fit <- coxph(formula, cabinets, ties = "efron",
                 control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100))
    terms <- names(coef(fit))
    estimate <- coef(fit)
  } else {
    fit <- survreg(formula, cabinets, dist = model,
                   control = survreg.control(rel.tolerance = 1e-14, toler.chol = 1e-15,
                                             maxiter = 200))
    terms <- c("Intercept", names(coef(fit))[-1])
    estimate <- coef(fit)
    if (model != "exponential") {
      terms <- c(terms, "log(scale)")
      estimate <- c(estimate, log(fit$scale))
    }
  }
  sprintf('{"model": "%s", "formula": "%s",\n"term": %s,\n"estimate": %s,\n"std_error": %s,\n"n": %d, "events": %d, "loglik": %s}',
          model, right, words(terms), text(estimate), text(sqrt(diag(fit$var))),
          nrow(cabinets), sum(cabinets$ciep12), sprintf("%.13g", fit$loglik[2]))
}

cases <- c()
for (right in c("fract + numst2", "invest + fract + polar + numst2 + crisis"))
  for (model in c("exponential", "weibull", "lognormal", "cox"))
    cases <- c(cases, case(model, right))

writeLines(sprintf('{"versions": {"R": "%s", "survival": "%s"},\n"cases": [\n%s\n]}',
                   getRversion(), packageVersion("survival"), paste(cases, collapse = ",\n")),
           "tests/reference/king1990.json")
