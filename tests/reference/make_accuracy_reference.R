# Reference values of predictive accuracy and of the comparison of models, computed by R survival
# and from the definitions.
# Run from the repository root: Rscript tests/reference/make_accuracy_reference.R
# Reads survival_spells.csv and survival_intervals.csv (make_survival_data.py), writes accuracy.json.

library(survival)
library(splines)

here <- "tests/reference"
spells <- read.csv(file.path(here, "survival_spells.csv"))
intervals <- read.csv(file.path(here, "survival_intervals.csv"))
spells$k <- 1 + spells$c %% 3        # whole case weights
spells$fold <- spells$c %% 5         # folds of whole clusters

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

tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
left_side <- function(duration, entry) {
  if (is.null(entry)) sprintf("Surv(%s, event)", duration)
  else sprintf("Surv(%s, %s, event)", entry, duration)
}
fit_cox <- function(frame, right, entry = NULL, duration = "duration", strata = NULL,
                    cluster = NULL, weights = NULL, ...) {
  if (!is.null(strata)) right <- sprintf("%s + strata(%s)", right, strata)
  formula <- as.formula(paste(left_side(duration, entry), "~", right))
  frame$.w <- if (is.null(weights)) rep(1, nrow(frame)) else frame[[weights]]
  if (is.null(cluster))
    return(eval(bquote(coxph(.(formula), .(frame), weights = .w, control = tight, x = TRUE))))
  frame$.c <- frame[[cluster]]
  eval(bquote(coxph(.(formula), .(frame), weights = .w, cluster = .c, control = tight, x = TRUE)))
}

# -- Uno's concordance -------------------------------------------------------------------------
uno_case <- function(name, right, tau = NULL, strata = NULL, cluster = NULL, weights = NULL) {
  fit <- fit_cox(spells, right, strata = strata, cluster = cluster, weights = weights)
  out <- concordance(fit, timewt = "n/G2", ymax = tau)
  list(name = name, formula = right, tau = tau, strata = strata, cluster = cluster,
       weights = weights, estimate = unname(out$concordance), std_error = sqrt(unname(out$var)))
}
uno_cases <- list(
  uno_case("all times", "x + z + g"), uno_case("tau 8", "x + z + g", 8),
  uno_case("tau between times", "x + z + g", 14.5), uno_case("ties in the score", "z", 15),
  uno_case("clusters", "x + z", 15, cluster = "c"),
  uno_case("weights", "x + z", 15, weights = "w"),
  uno_case("strata", "x + z", 15, strata = "s"),
  uno_case("strata, clusters, weights", "x * z", 12, strata = "s", cluster = "c", weights = "w")
)

# -- predicted survival ------------------------------------------------------------------------
newdata <- data.frame(x = c(-1.5, 0, 0.25, 2), z = c(0, 1, 0, 1), g = c("c", "a", "b", "a"),
                      w = c(0.5, 1, 2, 1.25))
at <- c(0, 0.5, 1, 2, 4.5, 7, 12, 20, 30)
survival_case <- function(name, data, right, python = right, ...) {
  fit <- fit_cox(get(data), right, ...)
  S <- summary(survfit(fit, newdata, se.fit = FALSE), times = at, extend = TRUE)$surv
  list(name = name, data = data, formula = python, arguments = list(...), times = at,
       survival = t(S))
}
survival_cases <- list(
  survival_case("numbers", "spells", "x + z"),
  survival_case("factor", "spells", "x * g + z"),
  survival_case("spline and log", "spells", "bs(x, df = 4) + log(w)", "bs(x, df=4) + np.log(w)"),
  survival_case("late entry", "spells", "x + z", entry = "entry"),
  survival_case("weights", "spells", "x + z", weights = "w"),
  survival_case("start-stop", "intervals", "x + z", entry = "start", duration = "stop")
)
stratified <- fit_cox(spells, "x + z", strata = "s")
own <- t(sapply(seq_len(nrow(spells)), function(i)
  summary(survfit(stratified, spells[i, ], se.fit = FALSE), times = at, extend = TRUE)$surv))
last <- tapply(spells$duration, spells$s, max)
own[outer(last[spells$s], at, "<")] <- NA

# -- Brier score -------------------------------------------------------------------------------
# From the definition of Graf et al. (1999). Censorings are moved a little to the right, so that
# events at the same time come before them, as survival::rttright does.
censoring <- function(time, event, w)
  survfit(Surv(time + 1e-3 * (1 - event), 1 - event) ~ 1, weights = w)
value <- function(fit, t) c(1, fit$surv)[1 + findInterval(t, fit$time)]
brier_at <- function(t, time, event, S, w) {
  G <- censoring(time, event, w)
  if (value(G, t + 1e-3) == 0) return(NA)  # nobody is left to stand for the censored
  failed <- time <= t & event == 1
  # G(T-) of an event: censorings at T itself are moved behind it; G(t) takes them in.
  mass <- w * ifelse(failed, 1 / value(G, time), ifelse(time > t, 1 / value(G, t + 1e-3), 0))
  sum(mass * ((time > t) - S)^2) / sum(w)
}
brier_case <- function(name, right, taus, strata = NULL, weights = NULL) {
  fit <- fit_cox(spells, right, strata = strata, weights = weights)
  time <- spells$duration; event <- spells$event
  w <- if (is.null(weights)) rep(1, length(time)) else spells[[weights]]
  grid <- sort(unique(time))
  S <- t(sapply(seq_along(time), function(i)
    summary(survfit(fit, spells[i, ], se.fit = FALSE), times = grid, extend = TRUE)$surv))
  km <- survfit(Surv(time, event) ~ 1, weights = w)
  model <- sapply(seq_along(grid), function(j) brier_at(grid[j], time, event, S[, j], w))
  null <- sapply(grid, function(t) brier_at(t, time, event, value(km, t), w))
  integral <- function(curve, tau) {  # of the step function from 0 to tau
    inside <- grid < tau
    sum(curve[inside] * diff(c(grid[inside], tau))) / tau
  }
  # Between the whole days, redistribution to the right must say the same.
  shares <- rttright(Surv(time, event) ~ 1, data.frame(time, event, .w = w), weights = .w,
                     times = grid + 0.5)
  right_hand <- sapply(seq_along(grid), function(j) {
    m <- shares[, j]; alive <- time > grid[j]
    sum(m * (alive - S[, j])^2) / sum(m)
  })
  stopifnot(max(abs(right_hand - model)[grid < max(time)]) < 1e-12)
  list(name = name, formula = right, strata = strata, weights = weights, times = grid,
       brier = model, brier_null = null, tau = taus,
       ibs = sapply(taus, integral, curve = model), ibs_null = sapply(taus, integral, curve = null))
}
brier_cases <- list(
  brier_case("factor", "x + z + g", c(8, 14.5, 20, 30)),
  brier_case("useless", "w", c(8, 20)),
  brier_case("weights", "x + z", c(8, 20), weights = "w"),
  brier_case("strata", "x + z", c(8, 20), strata = "s")
)

# -- explained variation -----------------------------------------------------------------------
explained_case <- function(name, data, right, ...) {
  fit <- fit_cox(get(data), right, ...)
  out <- royston(fit)
  ratio <- 2 * diff(fit$loglik)
  list(name = name, data = data, formula = right, arguments = list(...),
       d = unname(out["D"]), d_std_error = unname(out["se(D)"]), r2_d = unname(out["R.D"]),
       r2_pm = unname(out["R.KO"]), r2_nagelkerke = unname(out["R.N"]),
       r2_randomness = 1 - exp(-ratio / fit$nevent))
}
explained_cases <- list(
  explained_case("one", "spells", "x"), explained_case("ties", "spells", "z + g"),
  explained_case("several", "spells", "x * z + g"),
  explained_case("late entry", "spells", "x + z", entry = "entry"),
  explained_case("start-stop", "intervals", "x + z", entry = "start", duration = "stop")
)
# royston() takes no notice of strata and clusters; D from its definition does.
scores <- function(eta) ave(qnorm((rank(eta, ties.method = "first") - 3 / 8) /
                                  (length(eta) + 1 / 4)), eta)
spells$score <- scores(round(predict(stratified, reference = "sample"), 12))
ranked <- fit_cox(spells, "score", strata = "s", cluster = "c")
explained_strata <- list(d = unname(coef(ranked)) * sqrt(8 / pi),
                         d_std_error = sqrt(drop(ranked$var)) * sqrt(8 / pi))

# -- test between models that are not nested ----------------------------------------------------
# Derivative of R's own weighted log-likelihood by each case weight, coefficients held, by central
# differences with one step of Richardson's extrapolation.
influence <- function(frame, right, ...) {
  fit <- fit_cox(frame, right, ...)
  formula <- formula(fit)
  loglik <- function(w) {
    frame$.w <- w
    eval(bquote(coxph(.(formula), .(frame), weights = .w, init = coef(fit),
                      control = coxph.control(iter.max = 0))))$loglik[2]
  }
  one <- rep(1, nrow(frame))
  slope <- function(i, h) {
    up <- one; up[i] <- 1 + h
    down <- one; down[i] <- 1 - h
    (loglik(up) - loglik(down)) / (2 * h)
  }
  sapply(seq_along(one), function(i) (4 * slope(i, 0.01) - slope(i, 0.02)) / 3)
}
vuong_case <- function(name, data, first, second, cluster = NULL, ...) {
  frame <- get(data)
  one <- fit_cox(frame, first, ...); two <- fit_cox(frame, second, ...)
  u1 <- influence(frame, first, ...); u2 <- influence(frame, second, ...)
  parts <- u1 - u2
  if (!is.null(cluster)) parts <- tapply(parts, frame[[cluster]], sum)
  difference <- one$loglik[2] - two$loglik[2]
  stopifnot(abs(sum(parts) - difference) < 1e-6)
  error <- sqrt(sum((parts - mean(parts))^2))
  list(name = name, data = data, first = first, second = second, cluster = cluster,
       arguments = list(...), influence = u1, difference = difference, std_error = error,
       statistic = difference / error,
       aic_statistic = (difference - length(coef(one)) + length(coef(two))) / error)
}
vuong_cases <- list(
  vuong_case("rows", "spells", "x", "z + g"),
  vuong_case("clusters, strata", "spells", "x", "z + g", cluster = "c", strata = "s"),
  vuong_case("start-stop", "intervals", "x", "z", cluster = "unit", entry = "start",
             duration = "stop")
)

# -- cross-validation and one weighted sample ----------------------------------------------------
tau <- 15
time <- spells$duration; event <- spells$event
grid <- sort(unique(time)); grid <- grid[grid < tau]
mean_step <- function(curve) sum(curve * diff(c(grid, tau))) / tau
uno_at <- function(w) ifelse(event == 1 & time <= tau, 1 / value(censoring(time, event, w), time)^2, 0)
loglik_at <- function(frame, formula, b) {
  if (!length(b)) return(coxph(formula, frame)$loglik[1])
  eval(bquote(coxph(.(formula), .(frame), init = b, control = coxph.control(iter.max = 0))))$loglik[2]
}

validated <- function(right) {
  formula <- as.formula(paste("Surv(duration, event) ~", right))
  eta <- numeric(nrow(spells)); part <- c()
  S <- null <- matrix(NA, nrow(spells), length(grid))
  for (k in sort(unique(spells$fold))) {
    train <- spells[spells$fold != k, ]; out <- spells$fold == k
    km <- value(survfit(Surv(duration, event) ~ 1, train), grid)
    null[out, ] <- rep(km, each = sum(out))
    if (right == "1") {
      b <- numeric(0); S[out, ] <- null[out, ]
    } else {
      fit <- eval(bquote(coxph(.(formula), .(train), control = tight)))
      b <- coef(fit)
      eta[out] <- predict(fit, spells[out, ], reference = "sample")
      S[out, ] <- t(summary(survfit(fit, spells[out, ], se.fit = FALSE), times = grid,
                            extend = TRUE)$surv)
    }
    part <- c(part, loglik_at(spells, formula, b) - loglik_at(train, formula, b))
  }
  pairs <- function(weight) {  # within folds, from the definition
    won <- all <- 0
    for (i in which(event == 1)) {
      j <- which(spells$fold == spells$fold[i] & (time > time[i] | (time == time[i] & event == 0)))
      all <- all + weight[i] * length(j)
      won <- won + weight[i] * sum((eta[i] - eta[j] > 1e-10) + (abs(eta[i] - eta[j]) < 1e-10) / 2)
    }
    won / all
  }
  one <- rep(1, nrow(spells))
  score <- function(P) mean_step(sapply(seq_along(grid), function(j)
    brier_at(grid[j], time, event, P[, j], one)))
  list(formula = if (right == "1") "" else right, parts = part, cv_loglik = sum(part),
       cv_harrell_c = pairs(one), cv_uno_c = pairs(uno_at(one)), cv_ibs = score(S),
       cv_ipa = 1 - score(S) / score(null))
}
cv_cases <- lapply(c("1", "z", "z + x", "z + g", "z + x + g"), validated)

weighted <- function(right) {  # the rows drawn 0, 1 or 2 times, by cluster
  frame <- spells; frame$w <- spells$c %% 3
  frame <- frame[frame$w > 0, ]
  # Robust errors would say nothing here: weights are counts.
  fit <- coxph(as.formula(paste("Surv(duration, event) ~", right)), frame, weights = w,
               control = tight)
  inside <- grid
  S <- t(summary(survfit(fit, frame, se.fit = FALSE), times = inside, extend = TRUE)$surv)
  km <- survfit(Surv(duration, event) ~ 1, frame, weights = w)
  score <- function(P) mean_step(sapply(seq_along(inside), function(j)
    brier_at(inside[j], frame$duration, frame$event, P[, j], frame$w)))
  null <- score(matrix(value(km, inside), nrow(frame), length(inside), byrow = TRUE))
  copies <- rep(seq_len(nrow(frame)), frame$w)
  eta <- round(predict(fit), 12)
  frame$score <- scores(eta[copies])[match(seq_len(nrow(frame)), copies)]
  d <- coef(coxph(Surv(duration, event) ~ score, frame, weights = w, control = tight))
  ratio <- 2 * diff(fit$loglik); events <- sum(frame$w * frame$event)
  k <- length(coef(fit)); l <- fit$loglik[2]
  list(formula = right, loglik = l, aic = -2 * l + 2 * k, bic = -2 * l + k * log(events),
       harrell_c = unname(concordance(fit)$concordance),
       uno_c = unname(concordance(fit, timewt = "n/G2", ymax = tau)$concordance),
       ibs = score(S), ipa = 1 - score(S) / null, r2_d = unname(d^2 / (pi^2 / 6 + d^2)),
       r2_randomness = 1 - exp(-ratio / events))
}
weighted_cases <- lapply(c("z", "z + x", "z + g", "z + x + g"), weighted)

writeLines(json(list(
  versions = list(R = as.character(getRversion()), survival = as.character(packageVersion("survival"))),
  uno = uno_cases, survival = survival_cases,
  newdata = newdata, stratified_survival = list(times = at, survival = own),
  brier = brier_cases, explained = explained_cases, explained_strata = explained_strata,
  nonnested = vuong_cases, tau = tau, cross_validated = cv_cases, weighted = weighted_cases
)), file.path(here, "accuracy.json"))
