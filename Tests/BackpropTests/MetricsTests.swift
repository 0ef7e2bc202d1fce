import Backprop
import Testing

@Suite struct MetricsTests {
    @Test("the class of outputs is the highest's, the first of equals")
    func classes() {
        #expect(Metrics.classes(ofOutputs: [1, 3, 2, 5, 5, 5, -3, -2, -1] as [Float], outputCount: 3) == [1, 0, 2])
        #expect(Metrics.classes(ofOutputs: [0.5, 0.500001, 0, 1] as [Double], outputCount: 1) == [0, 1, 0, 1])
        #expect(Metrics.classes(ofOutputs: [] as [Float], outputCount: 3) == [])
    }

    @Test("accuracy is the share that is right, with its standard error")
    func accuracy() {
        let found = Metrics.accuracy(predicted: [0, 1, 2, 0], actual: [0, 1, 2, 1])
        #expect(found.share == 0.75)
        // √(¾ · ¼ / 4)
        #expect(found.standardError == (0.75 * 0.25 / 4).squareRoot())
        let perfect = Metrics.accuracy(predicted: [1], actual: [1])
        #expect(perfect.share == 1)
        #expect(perfect.standardError == 0)
    }

    @Test("a confusion matrix counts actual classes by row, predicted ones by column")
    func confusion() {
        let matrix = ConfusionMatrix(predicted: [0, 1, 1, 2, 0], actual: [0, 1, 2, 2, 2], classCount: 3)
        #expect(matrix.counts == [[1, 0, 0], [0, 1, 0], [1, 1, 1]])
    }
}
