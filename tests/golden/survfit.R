# The golden standard errors of tests/friction/incidence_test.cpp: R's survival package, multi-state survfit.
# usage: Rscript tests/golden/survfit.R      (Debian: r-base-core, r-cran-survival; not needed to run the tests)
suppressMessages(library(survival))
options(digits = 15)

show <- function(name, time, cause, at) {
  fit <- survfit(Surv(time, factor(cause, levels = c("open", "advanced", "dropped", "exited"))) ~ 1, se.fit = TRUE)
  at_h <- summary(fit, times = at, extend = TRUE)
  cat(name, " h =", at, "\n")
  cat("  F ", format(at_h$pstate[1, -1], digits = 15), " S ", format(at_h$pstate[1, 1], digits = 15), "\n")
  cat("  se", format(at_h$std.err[1, -1], digits = 12), "\n")
}

# Ties, a leaving and a censoring at the same instant, two causes at one time.
hand <- data.frame(
  time  = c(1, 2, 2, 3, 3, 4, 5, 5, 5, 6, 7, 8, 8, 9, 10, 10),
  cause = c("advanced", "advanced", "open", "dropped", "advanced", "open", "dropped", "dropped", "open", "exited",
            "advanced", "open", "dropped", "advanced", "open", "dropped"))
show("hand", hand$time, hand$cause, 5)
show("hand", hand$time, hand$cause, 9)
show("hand", hand$time, hand$cause, 10)

# 300 stays from a linear congruential generator that the test repeats: times 1..40, causes by the next draw.
state <- 12345
draw <- function(n) { state <<- (state * 1103 + 12289) %% 65536; floor(state / 65536 * n) }
time <- integer(300); cause <- character(300)
for (i in 1:300) {
  time[i] <- draw(40) + 1
  cause[i] <- c("open", "open", "advanced", "advanced", "dropped", "exited")[draw(6) + 1]
}
show("generated", time, cause, 15)
show("generated", time, cause, 30)
show("generated", time, cause, 39)

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
