# Reference values of the diagnostics of Cox and accelerated failure time models, by R survival.
# Run from the repository root: Rscript tests/reference/make_diagnostics_reference.R
# Reads survival_spells.csv and survival_intervals.csv (make_survival_data.py), writes
# diagnostics.json.

library(survival)
library(splines)

here <- "tests/reference"
frames <- list(spells = read.csv(file.path(here, "survival_spells.csv")),
               intervals = read.csv(file.path(here, "survival_intervals.csv")))

json <- function(v) {
  if (is.null(v)) return("null")
  if (is.list(v)) {
    if (is.null(names(v))) return(paste0("[", paste(sapply(v, json), collapse = ", "), "]"))
    return(paste0("{", paste0('"', names(v), '": ', sapply(v, json), collapse = ",\n"), "}"))
  }
  if (is.matrix(v)) return(json(lapply(seq_len(nrow(v)), function(i) unname(v[i, ]))))
  one <- if (is.character(v)) paste0('"', v, '"')
    else if (is.logical(v)) tolower(as.character(v))
    else ifelse(is.finite(v), sprintf("%.11g", v), "null")
  if (length(v) == 1) one else paste0("[", paste(one, collapse = ", "), "]")
}

tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)

# Everything about the numeric covariate x in a model with x and `others`.
cox_case <- function(name, data, others, entry = NULL, duration = "duration", strata = NULL,
                     cluster = NULL, weights = NULL, df = 3) {
  frame <- frames[[data]]
  frame$.w <- if (is.null(weights)) 1 else frame[[weights]]
  frame$.c <- if (is.null(cluster)) seq_len(nrow(frame)) else frame[[cluster]]
  robust <- !is.null(cluster) || any(frame$.w %% 1 != 0)
  left <- if (is.null(entry)) sprintf("Surv(%s, event)", duration)
    else sprintf("Surv(%s, %s, event)", entry, duration)
  right <- if (is.null(strata)) others else sprintf("%s + strata(%s)", others, strata)
  model <- function(right, clustered = FALSE) {
    formula <- as.formula(paste(left, "~", right))
    if (clustered) coxph(formula, frame, weights = .w, control = tight, cluster = .c)
    else coxph(formula, frame, weights = .w, control = tight)
  }
  fit <- model(paste("x +", right))
  naive <- if (is.null(fit$naive.var)) fit$var else fit$naive.var
  dfbeta <- as.matrix(stats::residuals(fit, type = "dfbeta", weighted = TRUE))
  without <- unname(stats::residuals(model(right)))
  smooth <- lowess(frame$x, without)

  bends <- stats::residuals(lm(ns(frame$x, df = df) ~ frame$x))
  frame$.n <- svd(bends)$u[, seq_len(df - 1), drop = FALSE]
  curved <- model(paste("x + .n +", right), clustered = robust)
  tested <- grep("^.n", names(coef(curved)))
  b <- coef(curved)[tested]
  statistic <- if (robust) c(b %*% solve(curved$var[tested, tested], b))
    else 2 * (curved$loglik[2] - fit$loglik[2])

  cox_snell <- frame$event - unname(stats::residuals(fit))
  check <- if (is.null(entry)) survfit(Surv(cox_snell, event) ~ 1, frame, weights = .w)
  seen <- if (!is.null(check)) check$n.event > 0
  information <- solve(naive)
  scaled <- information / sqrt(outer(diag(information), diag(information)))
  list(
    name = name, data = data, formula = paste("x +", others), entry = entry, duration = duration,
    strata = strata, cluster = cluster, weights = weights, spline_df = df,
    linearity = statistic, linearity_df = df - 1,
    martingale_without = without, lowess_y = smooth$y,
    dfbetas = as.matrix(stats::residuals(fit, type = "dfbetas", weighted = TRUE)),
    displacement = rowSums((dfbeta %*% information) * dfbeta),
    condition_number = sqrt(kappa(scaled, exact = TRUE)), inflation = diag(solve(scaled)),
    cox_snell = cox_snell,
    nelson_aalen = if (!is.null(check)) list(residual = check$time[seen],
                                             estimate = check$cumhaz[seen],
                                             std_error = check$std.chaz[seen])
  )
}
cox_cases <- list(
  cox_case("ties", "spells", "z + g"),
  cox_case("finer spline", "spells", "z", df = 5),
  cox_case("strata and clusters", "spells", "z", strata = "s", cluster = "c"),
  cox_case("late entry", "spells", "z + g", entry = "entry"),
  cox_case("weights", "spells", "z", weights = "w"),
  cox_case("start-stop", "intervals", "z", entry = "start", duration = "stop"),
  cox_case("start-stop, clusters", "intervals", "z", entry = "start", duration = "stop",
           cluster = "unit")
)

# Cumulative hazards at entry, where rows enter late: from the baseline of a row with x = z = 0.
entry_case <- function(data, entry, duration) {
  frame <- frames[[data]]
  fit <- coxph(as.formula(sprintf("Surv(%s, %s, event) ~ x + z", entry, duration)), frame,
               control = tight)
  base <- survfit(fit, newdata = data.frame(x = 0, z = 0))
  hazard <- stepfun(base$time, c(0, base$cumhaz))
  list(data = data, entry = entry, duration = duration,
       at_entry = hazard(frame[[entry]]) * exp(c(as.matrix(frame[c("x", "z")]) %*% coef(fit))))
}

aft_case <- function(family, right) {
  spells <- frames$spells
  fit <- survreg(as.formula(paste("Surv(duration, event) ~", right)), spells, dist = family,
                 control = survreg.control(rel.tolerance = 1e-14, toler.chol = 1e-15,
                                           maxiter = 200))
  tail <- 1 - psurvreg(spells$duration, predict(fit, type = "lp"), fit$scale, family)
  check <- survfit(Surv(-log(tail), spells$event) ~ 1)
  seen <- check$n.event > 0
  list(family = family, formula = right, cox_snell = unname(-log(tail)),
       nelson_aalen = list(residual = check$time[seen], estimate = check$cumhaz[seen],
                           std_error = check$std.chaz[seen]))
}

writeLines(json(list(
  versions = list(R = as.character(getRversion()),
                  survival = as.character(packageVersion("survival"))),
  cox = cox_cases,
  entry = list(entry_case("spells", "entry", "duration"),
               entry_case("intervals", "start", "stop")),
  aft = lapply(c("weibull", "exponential", "lognormal", "loglogistic"), aft_case,
               right = "x + z + g")
)), file.path(here, "diagnostics.json"))
