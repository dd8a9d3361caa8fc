//===- Text.cpp - The front end of the .rnn language ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reading files, and the stages from text to module.
//===----------------------------------------------------------------------===//

#include "frontends/text/Text.h"
#include "frontends/text/Elaborator.h"
#include "frontends/text/Parser.h"
#include "frontends/text/Resolver.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Format.h"

using namespace llvm;

namespace rnnc::text {

namespace {
struct PreludeFile {
  StringRef name, text;
};
} // namespace

static const PreludeFile prelude[] = {
#include "frontends/text/Prelude.inc"
};

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static bool fail(SourceMgr &sources, StringRef path, const Twine &message) {
  sources.PrintMessage(errs(), SMDiagnostic(path, SourceMgr::DK_Error,
                                            (message + " [R1]").str()));
  return false;
}

/// The first byte that is no part of a UTF-8 sequence, or null.
static const char *findBadByte(StringRef text) {
  const auto *position = reinterpret_cast<const UTF8 *>(text.begin());
  const auto *end = reinterpret_cast<const UTF8 *>(text.end());
  isLegalUTF8String(&position, end);
  return position == end ? nullptr : reinterpret_cast<const char *>(position);
}

static bool checkText(SourceMgr &sources, StringRef path, StringRef text) {
  constexpr size_t limit = size_t(16) << 20;
  if (text.empty())
    return fail(sources, path, "expected a model, got an empty file");
  if (text.size() > limit)
    return fail(sources, path,
                "expected a file of at most 16 MiB, got a "
                "larger one");
  const char *bad = findBadByte(text);
  if (!bad)
    return true;
  StringRef before(text.begin(), bad - text.begin());
  StringRef line = before.substr(before.rfind('\n') + 1);
  std::string message;
  raw_string_ostream out(message);
  out << "expected UTF-8 text, got "
      << format("the byte 0x%02x", static_cast<unsigned char>(*bad)) << " [R1]";
  // The line is shown up to the byte, which would not print.
  sources.PrintMessage(errs(),
                       SMDiagnostic(sources, SMLoc(), path,
                                    before.count('\n') + 1, line.size(),
                                    SourceMgr::DK_Error, message, line, {}));
  return false;
}

bool loadFile(StringRef path, SourceMgr &sources) {
  auto buffer = MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/true);
  if (!buffer)
    return fail(sources, path,
                "cannot read the file: " + buffer.getError().message());
  StringRef text = (*buffer)->getBuffer();
  StringRef name = (*buffer)->getBufferIdentifier();
  if (!checkText(sources, name, text))
    return false;
  sources.AddNewSourceBuffer(std::move(*buffer), SMLoc());
  return true;
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

static void parsePrelude(SourceMgr &sources, File &file, Diagnostics &diags) {
  for (const PreludeFile &part : prelude) {
    unsigned id = sources.AddNewSourceBuffer(
        MemoryBuffer::getMemBuffer(part.text, part.name), SMLoc());
    Parser(sources.getMemoryBuffer(id)->getBuffer(), file, diags,
           /*isPrelude=*/true)
        .parseFile();
  }
}

static const ModelDecl *chooseModel(const File &file, StringRef wanted,
                                    SMLoc begin, Diagnostics &diags) {
  SmallVector<StringRef> names;
  for (auto &[name, model] : file.models)
    names.push_back(name);
  if (names.empty()) {
    diags.error(begin, Rule::Choice, "expected a model in the file, got none");
    return nullptr;
  }
  if (wanted.empty() && names.size() == 1)
    return file.models.front().second;
  if (wanted.empty()) {
    diags.error(begin, Rule::Choice,
                "expected the name of a model, for the file has " +
                    joinNames(names));
    return nullptr;
  }
  if (const ModelDecl *model = file.models.lookup(wanted))
    return model;
  diags.error(begin, Rule::Choice,
              "unknown model '" + wanted + "'" + suggest(wanted, names) +
                  " (the file has " + joinNames(names) + ")");
  return nullptr;
}

mlir::OwningOpRef<mlir::ModuleOp> importModel(SourceMgr &sources,
                                              const Options &options,
                                              mlir::MLIRContext *context) {
  context->loadDialect<rnn::RNNDialect>();
  Diagnostics diags(sources);
  File file;
  StringRef text =
      sources.getMemoryBuffer(sources.getMainFileID())->getBuffer();
  parsePrelude(sources, file, diags);
  Parser(text, file, diags, /*isPrelude=*/false).parseFile();
  if (diags.hasErrors())
    return nullptr;
  const ModelDecl *model = chooseModel(
      file, options.model, SMLoc::getFromPointer(text.begin()), diags);
  if (!Resolver(file, diags, model).resolveFile() || !model)
    return nullptr;
  mlir::OwningOpRef<mlir::ModuleOp> module =
      Elaborator(file, diags, options, context).run(*model);
  if (!module || failed(mlir::verify(*module)))
    return nullptr;
  return module;
}

} // namespace rnnc::text
