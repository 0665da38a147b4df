# Reference values of Firth's penalised Cox regression, by direct maximisation in R.
# Run from the repository root: Rscript tests/reference/make_firth_reference.R
# Reads survival_spells.csv (make_survival_data.py), writes firth.json.
#
# survival::coxph gives Efron's log-likelihood and information at any coefficients (no iterations);
# the penalised likelihood l + log det I / 2 is maximised by Newton's method with derivatives by
# differences of sixth order, which knows nothing of its analytic score.

library(survival)

here <- "tests/reference"
spells <- read.csv(file.path(here, "survival_spells.csv"))

json <- function(v) {
  if (is.null(v)) return("null")
  if (is.list(v)) {
    if (is.null(names(v))) return(paste0("[", paste(sapply(v, json), collapse = ", "), "]"))
    return(paste0("{", paste0('"', names(v), '": ', sapply(v, json), collapse = ",\n"), "}"))
  }
  one <- if (is.character(v)) paste0('"', v, '"')
    else ifelse(is.finite(v), sprintf("%.13g", v), "null")
  if (length(v) == 1) one else paste0("[", paste(one, collapse = ", "), "]")
}
arr <- function(v) lapply(unname(v), identity)

frames <- list(
  "all spells" = spells,
  "a level without events" = transform(spells, event = ifelse(g == "c", 0, event)),
  "a covariate that orders the events" = transform(
    spells, tell = as.integer(duration <= 3 & event == 1)),
  "few spells" = transform(spells[1:30, ], event = ifelse(z == 1, 0, event))
)

differences <- function(f, b, h = 2e-3) {
  weight <- c(-1, 9, -45, 45, -9, 1) / 60
  sapply(seq_along(b), function(k) {
    step <- replace(numeric(length(b)), k, h)
    sum(weight * sapply(c(-3, -2, -1, 1, 2, 3), function(m) f(b + m * step))) / h
  })
}

case <- function(name, right, entry = NULL, strata = NULL) {
  frame <- frames[[name]]
  left <- if (is.null(entry)) "Surv(duration, event)"
    else sprintf("Surv(%s, duration, event)", entry)
  all <- if (is.null(strata)) right else sprintf("%s + strata(%s)", right, strata)
  formula <- as.formula(paste(left, "~", all))
  none <- coxph.control(iter.max = 0, toler.chol = 1e-15)
  at <- function(b) coxph(formula, frame, init = b, control = none)
  penalised <- function(b) {
    fit <- at(b)
    fit$loglik[1] - c(determinant(fit$var)$modulus) / 2
  }
  p <- length(coef(suppressWarnings(coxph(formula, frame))))
  maximise <- function(b, free = seq_len(p)) {
    f <- function(part) penalised(replace(b, free, part))
    for (i in 1:200) {
      g <- differences(f, b[free])
      information <- solve(at(b)$var)[free, free, drop = FALSE]
      step <- solve(information, g)
      while (f(b[free] + step) < f(b[free]) - 1e-11) step <- step / 2
      b[free] <- b[free] + step
      if (max(abs(step)) < 1e-9) break
    }
    b
  }
  best <- maximise(numeric(p))
  top <- penalised(best)
  se <- sqrt(diag(at(best)$var))
  fixed <- function(k, value) {
    b <- replace(best, k, value)
    penalised(if (p == 1) b else maximise(b, setdiff(seq_len(p), k)))
  }
  limit <- function(k, side) {
    away <- 2
    gap <- function(d) 2 * (top - fixed(k, best[k] + side * d * se[k])) - qchisq(0.95, 1)
    while (gap(away) < 0) away <- 2 * away
    best[k] + side * se[k] * uniroot(gap, c(away / 2 * (away > 2), away), tol = 1e-9)$root
  }
  list(
    name = name, formula = right, entry = entry, strata = strata,
    coef = arr(best), se = arr(se), loglik = top, loglik_null = penalised(numeric(p)),
    chisq = arr(sapply(seq_len(p), function(k) 2 * (top - fixed(k, 0)))),
    low = arr(sapply(seq_len(p), limit, side = -1)),
    high = arr(sapply(seq_len(p), limit, side = 1))
  )
}

writeLines(json(list(
  versions = list(R = as.character(getRversion()),
                  survival = as.character(packageVersion("survival"))),
  cases = list(
    case("all spells", "x + z"),
    case("a level without events", "x + g"),
    case("a level without events", "x + g", entry = "entry", strata = "s"),
    case("a covariate that orders the events", "tell"),
    case("a covariate that orders the events", "x + tell", entry = "entry"),
    case("few spells", "x + z")
  )
)), file.path(here, "firth.json"))
