{{/*
What the API, the workers and the migration have in common: one image, one set of settings, one way to be safe.
All take dict "root" $ "component" "api" "values" .Values.api.
*/}}

{{- define "rap-analyzer.env" -}}
{{- $secret := include "rap-analyzer.secretName" .root -}}
{{- $pooled := and .root.Values.pgbouncer.enabled (eq .component "api") -}}
{{- $keys := dict "RAP_ANALYZER_DATABASE_URL" (ternary "pooled-database-url" "database-url" $pooled) -}}
{{- if eq .component "migrate" -}}
{{- $_ := set $keys "RAP_ANALYZER_MIGRATION_DATABASE_URL" "migration-database-url" -}}
{{- else -}}
{{- $_ := set $keys "RAP_ANALYZER_REDIS_URL" "redis-url" -}}
{{- if and .root.Values.secrets.replicaDatabaseUrl (eq .component "api") -}}
{{- $_ := set $keys "RAP_ANALYZER_REPLICA_DATABASE_URL" "replica-database-url" -}}
{{- end -}}
{{- if .root.Values.secrets.identityProviders -}}
{{- $_ := set $keys "RAP_ANALYZER_IDENTITY_PROVIDERS" "identity-providers" -}}
{{- end -}}
{{- if .root.Values.secrets.models -}}
{{- $_ := set $keys "RAP_ANALYZER_MODELS" "models" -}}
{{- end -}}
{{- if .root.Values.secrets.embedders -}}
{{- $_ := set $keys "RAP_ANALYZER_EMBEDDERS" "embedders" -}}
{{- end -}}
{{- end -}}
{{- range $name, $key := $keys }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret }}
      key: {{ $key }}
{{- end }}
{{- if $pooled }}
- name: RAP_ANALYZER_POOLER
  value: transaction
{{- end }}
{{- with .values.drainSeconds }}
- name: RAP_ANALYZER_DRAIN_SECONDS
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* A container of our image; "args" are the command's. */}}
{{- define "rap-analyzer.container" -}}
image: {{ include "rap-analyzer.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: {{ toJson .args }}
securityContext:
  {{- include "rap-analyzer.containerSecurity" . | nindent 2 }}
envFrom:
  - configMapRef:
      name: {{ include "rap-analyzer.fullname" .root }}-settings
env:
  {{- include "rap-analyzer.env" . | trim | nindent 2 }}
  {{- range $name, $value := .env }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
resources:
  {{- toYaml .values.resources | nindent 2 }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
{{- end -}}

{{/* A pod's spec around "containers", which are YAML. */}}
{{- define "rap-analyzer.podSpec" -}}
serviceAccountName: {{ include "rap-analyzer.fullname" .root }}-{{ .component }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- include "rap-analyzer.pullSecrets" .root }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  {{- include "rap-analyzer.podSecurity" 10001 | nindent 2 }}
{{- range $key := list "nodeSelector" "tolerations" "affinity" }}
{{- with index $.values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 256Mi
{{ .containers }}
{{- end -}}

{{/*
The Deployment of a component that answers /livez and /readyz on its port "http"; "args" and "env" are its container's.

Startup: until the database has this version's layout, the first container waits, so that the order in which Helm
makes the Job and this does not matter. Live: the event loop turns; a database that is away is no reason to restart.
Ready: it can answer.
*/}}
{{- define "rap-analyzer.deployment" -}}
{{- $autoscaled := or .values.autoscaling.enabled (has .values.autoscaling.type (list "hpa" "keda")) -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "rap-analyzer.metadata" . | nindent 2 }}
spec:
  {{- if not $autoscaled }}
  replicas: {{ .values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "rap-analyzer.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "rap-analyzer.labels" . | nindent 8 }}
      annotations:
        # What pods read once, at their start: a change of it is a new rollout.
        checksum/settings: {{ include "rap-analyzer.settings" .root | sha256sum }}
        {{- with .values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "rap-analyzer.podSpec" (set . "containers" (include "rap-analyzer.deploymentContainers" .)) | nindent 6 }}
{{- end -}}

{{- define "rap-analyzer.deploymentContainers" -}}
# Room for both: SIGTERM comes after preStop, and closing takes a moment.
terminationGracePeriodSeconds: {{ add .values.preStopSeconds .values.drainSeconds 15 }}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "rap-analyzer.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
initContainers:
  - name: wait-for-migration
    {{- $wait := list "migrate" "--wait" (toString .root.Values.migration.deadlineSeconds) }}
    {{- include "rap-analyzer.container" (merge (dict "args" $wait "env" dict) .) | nindent 4 }}
containers:
  - name: {{ .component }}
    {{- include "rap-analyzer.container" . | nindent 4 }}
    ports:
      - name: http
        containerPort: 8000
    startupProbe:
      httpGet: {path: /livez, port: http}
      periodSeconds: 2
      failureThreshold: 60
    livenessProbe:
      httpGet: {path: /livez, port: http}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    readinessProbe:
      httpGet: {path: /readyz, port: http}
      periodSeconds: 5
      timeoutSeconds: 3
      failureThreshold: 2
    {{- with .values.preStopSeconds }}
    lifecycle:
      preStop:
        sleep:
          seconds: {{ . }}
    {{- end }}
{{- end -}}

{{/* Of a component that answers on "http". */}}
{{- define "rap-analyzer.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "rap-analyzer.metadata" . | nindent 2 }}
spec:
  {{- toYaml .values.podDisruptionBudget | nindent 2 }}
  # A pod that is not ready serves nobody: it must not hold up the draining of its node.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "rap-analyzer.selector" . | nindent 6 }}
{{- end -}}

{{- define "rap-analyzer.autoscaler" -}}
{{- with .values.autoscaling -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "rap-analyzer.metadata" $ | nindent 2 }}
spec:
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "rap-analyzer.fullname" $.root }}-{{ $.component }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .targetCPUUtilizationPercentage }}
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300
{{- end -}}
{{- end -}}
