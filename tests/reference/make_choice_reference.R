# Reference values of the conditional logit, computed by R survival, and of least squares.
# Run from the repository root: Rscript tests/reference/make_choice_reference.R
# Reads choice_alternatives.csv (make_choice_data.py), writes choice.json.
#
# clogit has no robust errors for its exact method. They are computed here from their definition,
# with every subset of each group written out; that enumeration also checks clogit's own estimates.

library(survival)

here <- "tests/reference"
frame <- read.csv(file.path(here, "choice_alternatives.csv"))
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)

json <- function(v) {
  if (is.null(v)) return("null")
  if (is.list(v)) {
    if (is.null(names(v))) return(paste0("[", paste(sapply(v, json), collapse = ", "), "]"))
    return(paste0("{", paste0('"', names(v), '": ', sapply(v, json), collapse = ",\n"), "}"))
  }
  one <- if (is.character(v)) paste0('"', v, '"') else sprintf("%.13g", v)
  if (length(v) == 1) one else paste0("[", paste(one, collapse = ", "), "]")
}
arr <- function(v) lapply(unname(v), identity)  # an array even if of length one

# Log-likelihood, score and information of one group by enumeration of all subsets of size k.
enumerated <- function(X, joined, beta) {
  sets <- combn(nrow(X), sum(joined))
  sums <- do.call(rbind, apply(sets, 2, function(s) colSums(X[s, , drop = FALSE]), simplify = FALSE))
  eta <- drop(sums %*% beta)
  p <- exp(eta - max(eta))
  p <- p / sum(p)
  mean <- colSums(sums * p)
  observed <- colSums(X[joined == 1, , drop = FALSE])
  centred <- sweep(sums, 2, mean)
  list(loglik = sum(observed * beta) - max(eta) - log(sum(exp(eta - max(eta)))),
       score = observed - mean, information = t(centred) %*% (centred * p))
}

robust_by_definition <- function(formula, joined, beta) {
  X <- model.matrix(formula, frame)[, -1, drop = FALSE]
  parts <- lapply(split(seq_len(nrow(frame)), frame$group), function(rows)
    enumerated(X[rows, , drop = FALSE], frame[[joined]][rows], beta))
  information <- Reduce(`+`, lapply(parts, `[[`, "information"))
  scores <- do.call(rbind, lapply(parts, `[[`, "score"))
  clusters <- tapply(frame$cluster, frame$group, `[`, 1)
  summed <- rowsum(scores, clusters[rownames(scores)])
  bread <- solve(information)
  variance <- bread %*% crossprod(summed) %*% bread
  list(loglik = sum(sapply(parts, `[[`, "loglik")), se = arr(sqrt(diag(bread))),
       largest_score = max(abs(colSums(scores))), robust_se = arr(sqrt(diag(variance))))
}

choice_case <- function(name, right, joined, method, python = right) {
  formula <- as.formula(paste(joined, "~", right, "+ strata(group)"))
  fit <- clogit(formula, frame, method = method, control = tight)
  by_definition <- robust_by_definition(as.formula(paste("~", right)), joined, coef(fit))
  stopifnot(by_definition$largest_score < 1e-8,
            abs(by_definition$loglik - fit$loglik[2]) < 1e-8,
            all(abs(unlist(by_definition$se) / sqrt(diag(fit$var)) - 1) < 1e-8))
  if (method == "efron") {  # one chosen: the approximations are exact and R has robust errors
    again <- clogit(formula, frame, method = method, control = tight, cluster = cluster)
    stopifnot(all(abs(unlist(by_definition$robust_se) / sqrt(diag(again$var)) - 1) < 1e-8))
  }
  list(name = name, formula = python, joined = joined, method = method,
       coef = arr(coef(fit)), se = arr(sqrt(diag(fit$var))), loglik = fit$loglik,
       robust_se = by_definition$robust_se)
}

# Least squares with errors by cluster, with the factor G / (G - 1) * (n - 1) / (n - k); fixed
# effects are dummies here, and count in the n - k of errors under equal variances only.
ols_case <- function(name, right, data, within = NULL, weights = NULL) {
  data$.w <- if (is.null(weights)) 1 else data[[weights]]
  dummies <- if (is.null(within)) "" else sprintf(" + factor(%s)", within)
  fit <- lm(as.formula(paste0("inside ~ ", right, dummies)), data, weights = .w)
  own <- if (is.null(within)) seq_along(coef(fit)) else 1 + seq_along(strsplit(right, "\\+")[[1]])
  X <- model.matrix(fit)
  bread <- solve(crossprod(X, X * data$.w))
  summed <- rowsum(X * (residuals(fit) * data$.w), data$cluster)
  G <- nrow(summed)
  n <- nrow(X)
  variance <- (bread %*% crossprod(summed) %*% bread)[own, own, drop = FALSE] *
    G / (G - 1) * (n - 1) / (n - length(own))
  list(name = name, controls = sub("^outside( \\+ )?", "", right), within = within, weights = weights,
       coef = arr(coef(fit)[own]), se = arr(sqrt(diag(vcov(fit)))[own]),
       robust_se = arr(sqrt(diag(variance))), df = fit$df.residual, clusters = G,
       p_model = arr(summary(fit)$coefficients[own, 4]),
       low_model = arr(confint(fit)[own, 1]),
       loglik = as.numeric(logLik(fit)), r_squared = summary(fit)$r.squared)
}

# Shares of the whole of a group: inside of exp(x), outside of seats + 1.
shares <- frame
shares$outside <- ave(shares$seats + 1, shares$group, FUN = function(v) v / sum(v))
shares$inside <- ave(exp(shares$x), shares$group, FUN = function(v) v / sum(v))
shares$w <- 1 + (shares$group + shares$seats) %% 3

out <- list(
  choice = list(
    choice_case("two covariates", "x + seats", "joined", "exact"),
    choice_case("one covariate", "x", "joined", "exact"),
    choice_case("factor and interaction", "x * seats + kind", "joined", "exact"),
    choice_case("one joiner", "x + seats + kind", "first", "efron")
  ),
  ols = list(
    ols_case("plain", "outside", shares),
    ols_case("weighted", "outside", shares, weights = "w"),
    ols_case("control", "outside + first", shares),
    ols_case("within", "outside", shares, within = "group"),
    ols_case("within, control, weighted", "outside + first", shares, within = "group", weights = "w")
  )
)
writeLines(json(out), file.path(here, "choice.json"))
