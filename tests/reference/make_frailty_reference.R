# Reference values of shared-frailty models, computed by R survival.
# Run from the repository root: Rscript tests/reference/make_frailty_reference.R
# Reads survival_spells.csv and survival_intervals.csv (make_survival_data.py), writes
# frailty_recurrences.csv (simulated here) and frailty.json.
#
# coxph's search for theta stops where the likelihood changes by less than 1e-5 of itself, which can
# be far from its maximum. So there are values of a default call ("default"), of one that is told to
# go on ("em"), and of likelihoods that are profiled here over fits at a fixed theta, each iterated
# to the end without the sparse approximation ("best", "fixed", "reml").

library(survival)

here <- "tests/reference"
spells <- read.csv(file.path(here, "survival_spells.csv"))
intervals <- read.csv(file.path(here, "survival_intervals.csv"))
# Infections at the insertion of a catheter, two times per patient: McGilchrist and Aisbett (1991),
# Biometrics 47: 461-466, as in the survival package.
catheters <- setNames(kidney[c("id", "time", "status", "age", "sex")],
                      c("c", "duration", "event", "age", "sex"))

# Recurrent events in (start, stop] rows on whole days, strata, uneven groups, and a covariate that
# is the same for all rows of a group.
set.seed(1648)
recurrences <- do.call(rbind, lapply(1:18, function(group) {
  frailty <- rgamma(1, 2, 2)
  k <- round(rnorm(1), 2)
  do.call(rbind, lapply(seq_len(sample(2:9, 1)), function(unit) {
    s <- sample(c("early", "late"), 1)
    start <- sample(c(0, 0, 2, 5), 1)
    rows <- NULL
    while (start < 24) {
      x <- round(rnorm(1), 2)
      wait <- ceiling(rexp(1, frailty * exp(0.6 * x + 0.3 * k) / 11))
      stop <- min(start + wait, start + 8, 24)
      rows <- rbind(rows, data.frame(c = group, s = s, start = start, stop = stop,
                                     event = as.integer(start + wait <= stop), x = x, k = k))
      start <- stop
      if (runif(1) < 0.15) break
    }
    rows
  }))
}))
write.csv(recurrences, file.path(here, "frailty_recurrences.csv"), row.names = FALSE, quote = FALSE)

json <- function(v) {
  if (is.null(v)) return("null")
  if (is.data.frame(v)) v <- as.list(v)
  if (is.list(v)) {
    if (is.null(names(v))) return(paste0("[", paste(sapply(v, json), collapse = ", "), "]"))
    return(paste0("{", paste0('"', names(v), '": ', sapply(v, json), collapse = ",\n"), "}"))
  }
  one <- if (is.character(v)) paste0('"', v, '"')
    else if (is.logical(v)) tolower(as.character(v))
    else ifelse(is.finite(v), sprintf("%.13g", v), "null")
  if (length(v) == 1) one else paste0("[", paste(one, collapse = ", "), "]")
}
arr <- function(v) lapply(unname(v), identity)  # an array even if of length one

tight <- coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 300, outer.max = 60)
quiet <- function(e) suppressWarnings(e)

model <- function(case, right, term) {
  left <- if (is.null(case$entry)) sprintf("Surv(%s, event)", case$duration)
    else sprintf("Surv(%s, %s, event)", case$entry, case$duration)
  strata <- if (is.null(case$strata)) NULL else sprintf("strata(%s)", case$strata)
  as.formula(paste(left, "~", paste(c("1", right, strata, term), collapse = " + ")))
}

fit_at <- function(case, theta, sparse, right = case$formula) {
  # A variable theta would have to live where coxph looks for it, so it is written out.
  term <- sprintf("frailty(%s, distribution = '%s', theta = %.17g, sparse = %s)",
                  case$group, case$distribution, theta, sparse)
  quiet(coxph(model(case, right, term), get(case$data), control = tight))
}

# The integrated log-likelihood: coxph's own for gamma; for gaussian Laplace's approximation, for
# which the full information follows from the fit's variance matrix.
integrated <- function(case, theta, right = case$formula) {
  if (theta == 0) return(tail(coxph(model(case, right, NULL), get(case$data), control = tight)$loglik, 1))
  fit <- fit_at(case, theta, FALSE, right)
  if (case$distribution == "gamma") return(fit$history[[1]]$c.loglik)
  w <- if (is.null(right)) coef(fit) else coef(fit)[-seq_len(case$p)]
  partial <- partial_loglik(case, fit)
  block <- solve(fit$var)
  if (!is.null(right)) block <- block[-seq_len(case$p), -seq_len(case$p)]
  partial - sum(w^2) / (2 * theta) - (determinant(block)$modulus[1] + length(w) * log(theta)) / 2
}

# Efron's partial log-likelihood at the fit's linear predictor.
partial_loglik <- function(case, fit) {
  frame <- get(case$data)
  frame$.eta <- fit$linear.predictors
  left <- model(case, "offset(.eta)", NULL)
  coxph(left, frame, control = tight)$loglik[1]
}

fixed_case <- function(case, theta) {
  full <- fit_at(case, theta, FALSE)
  sparse <- fit_at(case, theta, TRUE)
  p <- seq_len(case$p)
  list(theta = theta, loglik = integrated(case, theta), coef = arr(coef(full)[p]),
       w = arr(coef(full)[-p]), se_full = arr(sqrt(diag(full$var)[p])),
       se_sparse = arr(sqrt(diag(as.matrix(sparse$var)))),
       w_variance = arr(diag(full$var)[-p]))
}

# A call as anybody would write it; R takes the sparse approximation beyond five groups.
default_case <- function(case, more = "", control = coxph.control()) {
  term <- sprintf("frailty(%s, distribution = '%s'%s)", case$group, case$distribution, more)
  fit <- quiet(coxph(model(case, case$formula, term), get(case$data), control = control))
  p <- seq_len(case$p)
  list(theta = fit$history[[1]]$theta, coef = arr(coef(fit)[p]),
       se = arr(sqrt(diag(as.matrix(fit$var))[p])))
}

# The equation that frailty.gaussian solves for theta, solved to the end.
reml <- function(case) {
  p <- seq_len(case$p)
  excess <- function(theta) {
    fit <- fit_at(case, theta, FALSE)
    w <- coef(fit)[-p]
    sum(w^2) / (length(w) - sum(diag(fit$var)[-p]) / theta) - theta
  }
  theta <- uniroot(excess, c(0.01, 4), tol = 1e-10)$root
  fit <- fit_at(case, theta, FALSE)
  list(theta = theta, loglik = integrated(case, theta), coef = arr(coef(fit)[p]),
       se = arr(sqrt(diag(fit$var)[p])))
}

maximum <- function(f) {
  grid <- c(0, 0.02, 0.1, 0.3, 0.6, 1, 2)
  values <- sapply(grid, f)
  top <- which.max(values)
  found <- optimize(f, c(grid[max(top - 1, 1)], grid[min(top + 1, length(grid))]),
                    maximum = TRUE, tol = 1e-9)
  if (values[top] > found$objective) list(theta = grid[top], loglik = values[top])
  else list(theta = found$maximum, loglik = found$objective)
}

case <- function(name, data, formula, p, distribution = "gamma", group = "c", entry = NULL,
                 duration = "duration", strata = NULL, thetas = c(0.05, 0.7)) {
  case <- list(name = name, data = data, formula = formula, p = p, distribution = distribution,
               group = group, entry = entry, duration = duration, strata = strata)
  out <- case[c("name", "data", "formula", "distribution", "group", "entry", "duration", "strata")]
  names(out) <- c("name", "data", "formula", "distribution", "group", "entry", "duration", "strata")
  profile <- function(theta) integrated(case, theta)
  best <- maximum(profile)
  reach <- function(theta) profile(theta) - best$loglik + qchisq(0.95, 1) / 2
  low <- if (reach(0) >= 0) 0 else uniroot(reach, c(1e-4, best$theta), tol = 1e-8)$root
  high <- uniroot(reach, c(best$theta, 4), tol = 1e-8)$root
  alone <- maximum(function(theta) integrated(case, theta, NULL))
  out$best <- c(best, list(low = low, high = high, loglik_alone = alone$loglik,
                           loglik_cox = profile(0)))
  out$fixed <- lapply(thetas, function(theta) fixed_case(case, theta))
  if (best$theta > 1e-4 && distribution == "gamma")
    out$fixed <- c(out$fixed, list(fixed_case(case, best$theta)))
  out$default <- default_case(case, if (distribution == "gamma") "" else ", sparse = FALSE")
  if (distribution == "gamma") out$em <- default_case(case, ", eps = 1e-11", tight)
  if (distribution == "gaussian") out$reml <- reml(case)
  out
}

gamma_cases <- list(
  case("spells", "spells", "x + z + g", 4),
  case("strata", "spells", "x + z", 2, strata = "s"),
  case("late entry", "spells", "x + z", 2, entry = "entry"),
  case("late entry, strata", "spells", "x + z + I(x * z)", 3, entry = "entry", strata = "s"),
  case("recurrences", "recurrences", "x + k", 2, entry = "start", duration = "stop"),
  case("recurrences, strata", "recurrences", "x + k", 2, entry = "start", duration = "stop",
       strata = "s"),
  case("three groups", "spells", "x + z", 2, group = "g"),
  case("catheters", "catheters", "age + sex", 2),
  case("zero", "intervals", "x + z", 2, group = "unit", entry = "start", duration = "stop")
)
gaussian_cases <- list(
  case("spells, gaussian", "spells", "x + z", 2, "gaussian"),
  case("late entry, strata, gaussian", "spells", "x + z", 2, "gaussian", entry = "entry",
       strata = "s"),
  case("recurrences, gaussian", "recurrences", "x + k", 2, "gaussian", entry = "start",
       duration = "stop"),
  case("catheters, gaussian", "catheters", "age + sex", 2, "gaussian")
)

writeLines(json(list(
  versions = list(R = as.character(getRversion()),
                  survival = as.character(packageVersion("survival"))),
  catheters = catheters, cases = c(gamma_cases, gaussian_cases)
)), file.path(here, "frailty.json"))
