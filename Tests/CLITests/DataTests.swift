import Foundation
import Testing

@testable import BackpropCLI

@Suite("What the command makes of data of all kinds")
struct DataTests {
    @Test("columns of texts are inputs, missing values are replaced, and predict takes both as they are")
    func categories() throws {
        try withTemporaryFolder { folder in
            let (table, model) = ("\(folder)/t.csv", "\(folder)/m.safetensors")
            let rows = (0..<120).map { row in
                let (color, size) = (["red", "green", "blue"][row % 3], row % 2)
                return "\(color),\(row % 20 == 7 ? "" : "\(size)"),\(color == "red" ? "stop" : "go")"
            }
            try write("color,size,answer\n\(rows.joined(separator: "\n"))\n", to: table)
            let refused = backprop("train", table, "--target", "answer", "--output", model)
            #expect(refused.status == 65)
            #expect(refused.errors.contains("line 9, column size: expected a finite number, found nothing"))
            let words = ["train", table, "--target", "answer", "--missing", "median", "--output", model]
            let outcome = backprop(words + ["--scale", "minmax"], showingProgress: false)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("accuracy 100.00 %"))
            #expect(
                try backprop("inspect", model, "--json").json["inputNames"] as? [String] == [
                    "color=blue", "color=green", "color=red", "size",
                ])
            #expect(backprop("evaluate", model, table).output.contains("accuracy 100.00 %"))
            try write("size,color\n,red\n1,blue\n", to: table)
            let predicted = backprop("predict", model, table).output.split(separator: "\n")
            #expect(predicted[1].hasPrefix("stop,0.9") && predicted[2].hasPrefix("go,0.9"))
            try write("size,color\n1,pink\n", to: table)
            let unknown = backprop("predict", model, table)
            #expect(unknown.status == 65)
            #expect(unknown.errors.contains("t.csv line 2, column color: expected one of blue, green, red, found pink"))
            try write("size,color,answer\n1,red,wait\n", to: table)
            let unknownClass = backprop("evaluate", model, table)
            #expect(unknownClass.status == 65)
            #expect(unknownClass.errors.contains("t.csv line 2, column answer: expected one of go, stop, found wait"))
        }
    }

    @Test("semicolons, tabs and the lack of a header are found, or said")
    func formats() throws {
        try withTemporaryFolder { folder in
            let (table, model) = ("\(folder)/t.csv", "\(folder)/m.safetensors")
            for (separator, name) in [(";", "semicolon"), ("\t", "tab"), (",", "comma")] {
                let rows = (0..<40).map { "\($0 % 2)\(separator)\($0 % 2 == 0 ? "no" : "yes")" }
                try write(rows.joined(separator: "\r\n"), to: table)
                for words in [[], ["--separator", name, "--header", "no"]] {
                    let outcome = backprop(
                        ["train", table, "--target", "2", "--epochs", "40", "--output", model] + words,
                        showingProgress: false)
                    #expect(outcome.output.contains("accuracy 100.00 %"), "\(outcome.errors)")
                }
            }
            try write("7,8\n1,0\n", to: table)
            #expect(backprop("predict", model, table, "--header", "yes").output.split(separator: "\n").count == 2)
            #expect(backprop("train", table, "--target", "2", "--header", "maybe").status == 64)
            #expect(backprop("train", table, "--target", "2", "--scale", "big").status == 64)
        }
    }

    @Test("a folder of images for each class is learnt, and evaluated by the names of its folders")
    func images() throws {
        try withTemporaryFolder { folder in
            let model = "\(folder)/m.safetensors"
            let images = "\(folder)/images"
            for index in 0..<20 {
                for (name, pixels) in [("dark", "\(index) 3 0 \(index)"), ("light", "\(235 + index) 255 250 200")] {
                    try FileManager.default.createDirectory(
                        atPath: "\(images)/\(name)", withIntermediateDirectories: true)
                    try write("P2\n# \(name)\n2 2\n255\n\(pixels)\n", to: "\(images)/\(name)/\(index).pgm")
                }
            }
            let outcome = backprop("train", images, "--epochs", "40", "--output", model)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("accuracy 100.00 %"))
            #expect(backprop("evaluate", model, images).output.contains("accuracy 100.00 %"))
            try write("P2 2 2 255 1 2 3", to: "\(images)/dark/1.pgm")
            let damaged = backprop("train", images, "--output", model)
            #expect(damaged.status == 65)
            #expect(damaged.errors.contains("dark/1.pgm: expected 4 pixel values as its header says, found 3"))
        }
    }

    @Test("a class that occurs alone, or columns beyond count, are refused before training")
    func degenerate() throws {
        try withTemporaryFolder { folder in
            let table = "\(folder)/t.csv"
            try write("x,y\n1,only\n2,only\n", to: table)
            let single = backprop("train", table, "--target", "y")
            #expect(single.status == 65)
            #expect(single.errors.contains("column y: expected at least 2 classes, found only only"))
            let row = String(repeating: "1,", count: 999_999) + "1"
            try write("\(row)\n\(row)\n", to: table)
            let wide = backprop("train", table, "--target", "1")
            #expect(wide.status == 65)
            #expect(wide.errors.contains("t.csv line 1: expected at most 100000 columns, found 1000000"))
        }
    }
}
