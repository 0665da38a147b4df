# Reference values of the survival models, computed by R survival and cmprsk.
# Run from the repository root: Rscript tests/reference/make_survival_reference.R
# Reads survival_spells.csv and survival_intervals.csv (make_survival_data.py), writes survival.json.

library(survival)
library(cmprsk)
library(splines)

here <- "tests/reference"
spells <- read.csv(file.path(here, "survival_spells.csv"))
intervals <- read.csv(file.path(here, "survival_intervals.csv"))

json <- function(v) {
  if (is.null(v)) return("null")
  if (is.data.frame(v)) v <- as.list(v)
  if (is.list(v)) {
    if (is.null(names(v))) return(paste0("[", paste(sapply(v, json), collapse = ", "), "]"))
    return(paste0("{", paste0('"', names(v), '": ', sapply(v, json), collapse = ",\n"), "}"))
  }
  if (is.matrix(v)) return(json(lapply(seq_len(nrow(v)), function(i) unname(v[i, ]))))
  one <- if (is.character(v) || is.factor(v)) paste0('"', v, '"')
    else if (is.logical(v)) tolower(as.character(v))
    else ifelse(is.finite(v), sprintf("%.13g", v), "null")
  if (length(v) == 1) one else paste0("[", paste(one, collapse = ", "), "]")
}
arr <- function(v) lapply(unname(v), identity)  # an array even if of length one

# -- Cox -------------------------------------------------------------------------------------
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)

cox_case <- function(name, data, right, python = right, entry = NULL, duration = "duration",
                     strata = NULL, cluster = NULL, weights = NULL, residuals = FALSE) {
  force(python)
  frame <- get(data)
  left <- if (is.null(entry)) sprintf("Surv(%s, event)", duration)
    else sprintf("Surv(%s, %s, event)", entry, duration)
  if (!is.null(strata)) right <- sprintf("%s + strata(%s)", right, strata)
  formula <- as.formula(paste(left, "~", right))
  frame$.w <- if (is.null(weights)) 1 else frame[[weights]]
  fit <- coxph(formula, frame, weights = .w, control = tight, x = TRUE)
  robust <- fit
  if (!is.null(cluster)) {
    frame$.c <- frame[[cluster]]
    robust <- coxph(formula, frame, weights = .w, control = tight, cluster = .c)
  }
  zph <- sapply(c("km", "rank", "identity", "log"), function(tr) {
    table <- cox.zph(fit, transform = tr)$table
    list(statistic = arr(table[, 1]), df = arr(table[, 2]), p = arr(table[, 3]))
  }, simplify = FALSE)
  harrell <- concordance(robust)
  matrixed <- function(type) as.matrix(stats::residuals(fit, type = type))
  out <- list(
    name = name, data = data, formula = python, duration = duration, entry = entry,
    strata = strata, cluster = cluster, weights = weights,
    # R turns to robust errors by itself if weights are not whole numbers.
    coef = arr(coef(fit)), se = arr(sqrt(diag(if (is.null(fit$naive.var)) fit$var else fit$naive.var))),
    robust_se = if (is.null(robust$naive.var)) NULL else arr(sqrt(diag(robust$var))),
    wald = unname(drop(robust$wald.test)),
    loglik = fit$loglik, zph = zph,
    concordance = unname(harrell$concordance), concordance_se = unname(sqrt(harrell$var))
  )
  if (residuals) out$residuals <- list(
    martingale = unname(stats::residuals(fit)), deviance = c(unname(matrixed("deviance"))),
    score = matrixed("score"), dfbeta = matrixed("dfbeta"),
    schoenfeld = matrixed("schoenfeld"), scaled = matrixed("scaledsch")
  )
  out
}

cox_cases <- list(
  cox_case("one covariate", "spells", "x"),
  cox_case("ties in the score", "spells", "z"),
  cox_case("factor", "spells", "x + z + g"),
  cox_case("interaction", "spells", "x * g + z"),
  cox_case("spline", "spells", "bs(x, df = 4) + z", "bs(x, df=4) + z"),
  cox_case("log", "spells", "log(w) + x", "np.log(w) + x"),
  cox_case("clusters", "spells", "x + z + g", cluster = "c"),
  cox_case("strata and clusters", "spells", "x + z", strata = "s", cluster = "c",
           residuals = TRUE),
  cox_case("late entry", "spells", "x + z + g", entry = "entry"),
  cox_case("late entry, strata, clusters", "spells", "x * z + g", entry = "entry", strata = "s",
           cluster = "c"),
  cox_case("weights", "spells", "x + z", weights = "w"),
  cox_case("weights, strata, late entry, clusters", "spells", "x + z + g", entry = "entry",
           strata = "s", cluster = "c", weights = "w", residuals = TRUE),
  cox_case("start-stop", "intervals", "x + z", entry = "start", duration = "stop",
           residuals = TRUE),
  cox_case("start-stop, strata, clusters", "intervals", "x * z", entry = "start",
           duration = "stop", strata = "s", cluster = "unit")
)

# -- curves ----------------------------------------------------------------------------------
curve_case <- function(name, data, conf, by = NULL, entry = NULL, duration = "duration",
                       horizon = 15) {
  frame <- get(data)
  frame$.g <- if (is.null(by)) "all" else frame[[by]]
  left <- if (is.null(entry)) sprintf("Surv(%s, event)", duration)
    else sprintf("Surv(%s, %s, event)", entry, duration)
  curves <- lapply(sort(unique(frame$.g)), function(group) {
    fit <- survfit(as.formula(paste(left, "~ 1")), frame[frame$.g == group, ], conf.type = conf)
    all <- summary(fit, censored = TRUE, rmean = horizon)
    list(group = group, time = all$time, n_risk = all$n.risk, n_event = all$n.event,
         n_censor = all$n.censor, estimate = all$surv, std_error = all$std.err,
         conf_low = all$lower, conf_high = all$upper,
         median = unname(all$table[c("median", "0.95LCL", "0.95UCL")]),
         rmean = unname(all$table[grep("rmean", names(all$table))]))
  })
  list(name = name, data = data, conf = conf, by = by, entry = entry, duration = duration,
       horizon = horizon, curves = curves)
}
curve_cases <- list(
  curve_case("log-log", "spells", "log-log"),
  curve_case("log", "spells", "log", by = "g"),
  curve_case("plain", "spells", "plain", by = "s"),
  curve_case("late entry", "spells", "log-log", by = "s", entry = "entry"),
  curve_case("start-stop", "intervals", "log", entry = "start", duration = "stop")
)

diff_case <- function(by, strata = NULL) {
  right <- if (is.null(strata)) by else sprintf("%s + strata(%s)", by, strata)
  fit <- survdiff(as.formula(paste("Surv(duration, event) ~", right)), spells)
  total <- function(v) if (is.matrix(v)) rowSums(v) else v
  list(by = by, strata = strata, statistic = fit$chisq, p = fit$pvalue, n = c(fit$n),
       observed = total(fit$obs), expected = total(fit$exp))
}
diff_cases <- list(diff_case("z"), diff_case("g"), diff_case("g", "s"))

# -- competing risks -------------------------------------------------------------------------
incidence_case <- function(name, by = NULL, entry = NULL, conf = "log-log") {
  frame <- spells
  frame$.g <- if (is.null(by)) "all" else frame[[by]]
  frame$id <- seq_len(nrow(frame))
  curves <- do.call(c, lapply(sort(unique(frame$.g)), function(group) {
    part <- frame[frame$.g == group, ]
    fit <- if (is.null(entry)) survfit(Surv(duration, factor(cause)) ~ 1, part, conf.type = conf)
      else survfit(Surv(entry, duration, factor(cause)) ~ 1, part, id = id, conf.type = conf)
    lapply(2:3, function(k) list(
      group = group, cause = k - 1, time = fit$time, estimate = fit$pstate[, k],
      std_error = fit$std.err[, k], conf_low = fit$lower[, k], conf_high = fit$upper[, k]))
  }))
  list(name = name, by = by, entry = entry, conf = conf, curves = curves)
}
incidence_cases <- list(
  incidence_case("all"), incidence_case("groups", by = "g", conf = "log"),
  incidence_case("late entry", entry = "entry", conf = "plain")
)
gray <- function(by) {
  tests <- cuminc(spells$duration, spells$cause, spells[[by]])$Tests
  list(by = by, statistic = unname(tests[, "stat"]), p = unname(tests[, "pv"]),
       df = unname(tests[, "df"]))
}
plain <- cuminc(spells$duration, spells$cause)
at <- timepoints(plain, c(3, 7, 12, 20))
crr_case <- function(of, right) {
  X <- model.matrix(as.formula(paste("~", right)), spells)[, -1, drop = FALSE]
  fit <- crr(spells$duration, spells$cause, X, failcode = of, gtol = 1e-12, maxiter = 100)
  list(of = of, formula = right, coef = arr(fit$coef), se = arr(sqrt(diag(fit$var))),
       loglik = fit$loglik, loglik_null = fit$loglik.null)
}

# -- parametric ------------------------------------------------------------------------------
reg_case <- function(family, right) {
  fit <- survreg(as.formula(paste("Surv(duration, event) ~", right)), spells, dist = family,
                 control = survreg.control(rel.tolerance = 1e-14, toler.chol = 1e-15,
                                           maxiter = 200))
  robust <- update(fit, cluster = c)
  list(family = family, formula = right, coef = arr(coef(fit)),
       log_scale = if (family == "exponential") NULL else log(fit$scale),
       se = arr(sqrt(diag(fit$var))), robust_se = arr(sqrt(diag(robust$var))),
       loglik = fit$loglik)
}
reg_cases <- do.call(c, lapply(
  c("weibull", "exponential", "lognormal", "loglogistic"),
  function(family) list(reg_case(family, "x + z + g"), reg_case(family, "x * z"))))

# Generalised gamma (Prentice), from its density, by general optimisation.
gengamma_case <- function(right) {
  X <- model.matrix(as.formula(paste("~", right)), spells)
  p <- ncol(X)
  minus <- function(theta) {
    q <- theta[p + 2]; scale <- exp(theta[p + 1]); k <- 1 / q^2
    w <- (log(spells$duration) - X %*% theta[1:p]) / scale
    density <- log(abs(q)) + k * log(k) - lgamma(k) + k * (q * w - exp(q * w)) - log(scale) -
      log(spells$duration)
    tail <- pgamma(k * exp(q * w), k, lower.tail = q < 0, log.p = TRUE)
    -sum(ifelse(spells$event == 1, density, tail))
  }
  start <- c(coef(survreg(Surv(duration, event) ~ X - 1, spells)), log(0.7), 0.8)
  fit <- optim(start, minus, method = "BFGS", control = list(reltol = 1e-15, maxit = 2000),
               hessian = TRUE)
  for (i in 1:3) fit <- optim(fit$par, minus, method = "BFGS", hessian = TRUE,
                              control = list(reltol = 1e-16, maxit = 2000, ndeps = rep(1e-5, p + 2)))
  list(coef = unname(fit$par), se = unname(sqrt(diag(solve(fit$hessian)))), loglik = -fit$value)
}

writeLines(json(list(
  versions = list(R = as.character(getRversion()), survival = as.character(packageVersion("survival")),
                  cmprsk = as.character(packageVersion("cmprsk"))),
  cox = cox_cases, curves = curve_cases, log_rank = diff_cases, incidence = incidence_cases,
  cuminc = list(time = c(3, 7, 12, 20), estimate = unname(at$est), variance = unname(at$var)),
  gray = list(gray("z"), gray("g")),
  crr = list(crr_case(1, "x + z"), crr_case(2, "x + z + g")),
  aft = reg_cases, gengamma = gengamma_case("x + z")
)), file.path(here, "survival.json"))
