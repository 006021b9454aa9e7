# The golden standard errors of tests/friction/incidence_test.cpp: R's survival package, multi-state survfit.
# usage: Rscript tests/golden/survfit.R      (Debian: r-base-core, r-cran-survival; not needed to run the tests)
suppressMessages(library(survival))
options(digits = 15)

show <- function(name, time, cause, at) {
  fit <- survfit(Surv(time, factor(cause, levels = c("open", "advanced", "dropped", "exited"))) ~ 1, se.fit = TRUE)
  at_h <- summary(fit, times = at, extend = TRUE)
  cat(name, " h =", at, "\n")
  cat("  F ", format(at_h$pstate[1, -1], digits = 15), " S ", format(at_h$pstate[1, 1], digits = 15), "\n")
  cat("  se", format(at_h$std.err[1, -1], digits = 12), " of S ", format(at_h$std.err[1, 1], digits = 12), "\n")
}

# Ties, a leaving and a censoring at the same instant, two causes at one time.
hand <- data.frame(
  time  = c(1, 2, 2, 3, 3, 4, 5, 5, 5, 6, 7, 8, 8, 9, 10, 10),
  cause = c("advanced", "advanced", "open", "dropped", "advanced", "open", "dropped", "dropped", "open", "exited",
            "advanced", "open", "dropped", "advanced", "open", "dropped"))
show("hand", hand$time, hand$cause, 5)
show("hand", hand$time, hand$cause, 9)
show("hand", hand$time, hand$cause, 10)

# Stays from a linear congruential generator that the test repeats: times 1 to `last`, causes by the next draw.
generated <- function(seed, count, last, causes) {
  state <- seed
  draw <- function(n) { state <<- (state * 1103 + 12289) %% 65536; floor(state / 65536 * n) }
  time <- integer(count); cause <- character(count)
  for (i in 1:count) {
    time[i] <- draw(last) + 1
    cause[i] <- causes[draw(length(causes)) + 1]
  }
  list(time = time, cause = cause)
}
show_at <- function(name, stays, at) for (h in at) show(name, stays$time, stays$cause, h)
show_at("generated", generated(12345, 300, 40, c("open", "open", "advanced", "advanced", "dropped", "exited")), c(15, 30, 39))
# Nearly all are still open when last seen.
show_at("heavy", generated(777, 500, 60, c(rep("open", 9), "advanced", "dropped", "exited")), c(20, 45, 60))
# Causes compete at each of six instants; nobody is left after the last.
show_at("tied", generated(4242, 250, 6, c("open", "advanced", "advanced", "dropped", "dropped", "exited")), c(1, 3, 5, 6))
# The last at risk all leave at once: Y = d.
emptied <- list(time = c(1, 2, 2, 3, 4, 4, 4), cause = c("open", "advanced", "dropped", "open", "advanced", "dropped", "exited"))
show_at("emptied", emptied, c(2, 4))
# Few stays, most of them censored before anybody drops.
sparse <- list(time = c(1, 1, 2, 2, 3, 4, 5, 6, 6, 7, 8, 9),
               cause = c("open", "open", "open", "advanced", "open", "open", "dropped", "open", "open", "open", "dropped", "open"))
show_at("sparse", sparse, c(4, 9))

leaving <- survfit(Surv(hand$time, hand$cause != "open") ~ 1)
cat("Kaplan-Meier hand: median", quantile(leaving, 0.5)$quantile, " rmst(9)", summary(leaving, rmean = 9)$table["rmean"], "\n")
even <- survfit(Surv(c(1, 2, 4, 9), rep(1, 4)) ~ 1)
cat("even count: median", quantile(even, 0.5)$quantile, "\n")

# Exact tests, mid-p: P(more) + P(equal)/2.
midp_binom <- function(x, n, p) pbinom(x, n, p, lower.tail = FALSE) + dbinom(x, n, p) / 2
midp_fisher <- function(x, n, x0, n0) phyper(x, n, n0, x + x0, lower.tail = FALSE) + dhyper(x, n, n0, x + x0) / 2
cat("binomial", midp_binom(14, 40, 0.2), midp_binom(0, 25, 0.1), midp_binom(25, 25, 0.9), midp_binom(5400, 50000, 0.1), "\n")
cat("fisher", midp_fisher(14, 40, 60, 300), midp_fisher(0, 20, 5, 50), midp_fisher(20, 20, 40, 50),
    midp_fisher(5400, 50000, 100000, 1000000), "\n")
cat("BH", p.adjust(c(0.01, 0.04, 0.03, 0.2, 0.005), "BH"), "\n")
