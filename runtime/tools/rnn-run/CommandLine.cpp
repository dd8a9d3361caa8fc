//===- CommandLine.cpp - The options of rnn-run ---------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Commands and groups.
//===----------------------------------------------------------------------===//
#include "runtime/tools/rnn-run/CommandLine.h"

#include "llvm/Support/WithColor.h"

using namespace llvm;
using namespace rnn::run;

cl::SubCommand &rnn::run::infoCommand() {
  static cl::SubCommand Command("info", "say what a model is made of");
  return Command;
}

cl::SubCommand &rnn::run::initCommand() {
  static cl::SubCommand Command("init", "write initial parameters");
  return Command;
}

cl::SubCommand &rnn::run::evalCommand() {
  static cl::SubCommand Command(
      "eval", "outputs, final states, loss and metrics, from tensors in a file "
              "or over a data set");
  return Command;
}

cl::SubCommand &rnn::run::gradCommand() {
  static cl::SubCommand Command(
      "grad", "the loss and its gradients, from tensors in a file");
  return Command;
}

cl::SubCommand &rnn::run::trainCommand() {
  static cl::SubCommand Command("train", "train on a text or a data set");
  return Command;
}

cl::SubCommand &rnn::run::sampleCommand() {
  static cl::SubCommand Command(
      "sample", "write text from a checkpoint, or a line for each example");
  return Command;
}

cl::SubCommand &rnn::run::ridgeCommand() {
  static cl::SubCommand Command(
      "ridge", "fit a linear read-out to a data set by ridge regression");
  return Command;
}

cl::OptionCategory &rnn::run::modelGroup() {
  static cl::OptionCategory Group("Model options",
                                  "Which model, and how it is compiled.");
  return Group;
}

cl::OptionCategory &rnn::run::fileGroup() {
  static cl::OptionCategory Group("File options");
  return Group;
}

cl::OptionCategory &rnn::run::budgetGroup() {
  static cl::OptionCategory Group(
      "Budget options", "Training ends at the first bound that it reaches; at "
                        "least one is needed.");
  return Group;
}

cl::OptionCategory &rnn::run::learningGroup() {
  static cl::OptionCategory Group(
      "Learning options", "With --resume, what is not given is as it was.");
  return Group;
}

cl::OptionCategory &rnn::run::sampleGroup() {
  static cl::OptionCategory Group("Sampling options");
  return Group;
}

int rnn::run::usageError(const Twine &Text) {
  WithColor::error(errs(), "rnn-run") << Text << '\n';
  return 1;
}
